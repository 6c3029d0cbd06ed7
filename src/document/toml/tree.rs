//! What a document holds, and where in its text it stands.

use std::ops::Range;

use aimem_jq::Value;
use toml_edit as toml;

/// A value, and where it stands.
pub(super) enum Node {
    /// One that holds no others.
    Leaf(Leaf),
    /// An array in brackets.
    Array(Range<usize>, Vec<Node>),
    /// A table in braces.
    Inline(Inline),
    /// A table of lines.
    Table(Table),
    /// An array of tables of lines, `[[…]]`.
    Tables(Vec<Table>),
}

/// A value that holds no others.
pub(super) struct Leaf {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
    pub(super) value: Value,
}

/// What a leaf is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Integer,
    Float,
    String,
    Date,
}

/// A table in braces.
pub(super) struct Inline {
    pub(super) span: Range<usize>,
    pub(super) entries: Vec<Entry>,
    /// Whether it has keys such as `a.b`.
    pub(super) has_dots: bool,
    /// Whether it has no braces, and is there by such keys of the table around it.
    pub(super) is_dotted: bool,
}

/// A table of lines.
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
    pub(super) form: Form,
    /// Where the lines of its own entries end, if it has any: behind the last value.
    pub(super) last: Option<usize>,
}

/// How a table of lines is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// The whole document.
    Root,
    /// By its header, which stands here.
    Section(Range<usize>),
    /// By the keys of a section above it, such as `a.b = 1`.
    Dotted,
    /// By the headers of others only.
    Implicit,
}

/// An entry of a table.
pub(super) struct Entry {
    pub(super) key: String,
    /// Where its key stands, or the first of several equal parts of keys.
    pub(super) at: Range<usize>,
    pub(super) node: Node,
}

/// Reads the whole document.
pub(super) fn read(text: &str, root: &toml::Table) -> (Table, Value) {
    table(text, root, Form::Root)
}

fn table(text: &str, table: &toml::Table, form: Form) -> (Table, Value) {
    let mut last = None;
    let mut values = Vec::new();
    let mut entries = Vec::new();
    for (key, item) in table.iter() {
        let at = table.key(key).and_then(toml::Key::span).unwrap_or_default();
        let Some((node, value)) = item_node(text, item) else { continue };
        last = last.max(node.last_value());
        values.push((key.to_owned(), value));
        entries.push(Entry { key: key.to_owned(), at, node });
    }
    (Table { entries, form, last }, Value::from_entries(values))
}

fn item_node(text: &str, item: &toml::Item) -> Option<(Node, Value)> {
    Some(match item {
        toml::Item::None => return None,
        toml::Item::Value(value) => value_node(text, value),
        toml::Item::Table(inner) => {
            let form = match inner.span() {
                _ if inner.is_dotted() => Form::Dotted,
                Some(span) if !inner.is_implicit() => Form::Section(span),
                _ => Form::Implicit,
            };
            let (inner, value) = table(text, inner, form);
            (Node::Table(inner), value)
        }
        toml::Item::ArrayOfTables(tables) => {
            let each = tables.iter().map(|inner| {
                let span = inner.span().unwrap_or_default();
                table(text, inner, Form::Section(span))
            });
            let (tables, values) = each.unzip();
            (Node::Tables(tables), Value::array(values))
        }
    })
}

fn value_node(text: &str, value: &toml::Value) -> (Node, Value) {
    let span = value.span().unwrap_or_default();
    let leaf = |kind: Kind, value: Value| {
        (Node::Leaf(Leaf { span: span.clone(), kind, value: value.clone() }), value)
    };
    match value {
        toml::Value::String(string) => leaf(Kind::String, Value::from_str(string.value())),
        toml::Value::Boolean(flag) => leaf(Kind::Bool, (*flag.value()).into()),
        toml::Value::Datetime(_) => {
            leaf(Kind::Date, Value::marked(text.get(span.clone()).unwrap_or_default()))
        }
        toml::Value::Integer(number) => {
            let spelling = number.value().to_string();
            leaf(Kind::Integer, Value::number(&spelling).unwrap_or_default())
        }
        toml::Value::Float(number) => {
            let spelling = text.get(span.clone()).unwrap_or_default().replace('_', "");
            let value = Value::number(spelling.trim_start_matches('+'));
            leaf(Kind::Float, value.unwrap_or_else(|| (*number.value()).into()))
        }
        toml::Value::Array(array) => {
            let (nodes, values): (Vec<_>, Vec<_>) = array.iter().map(|value| value_node(text, value)).unzip();
            (Node::Array(span, nodes), Value::array(values))
        }
        toml::Value::InlineTable(table) => {
            let (inline, value) = inline(text, table, span);
            (Node::Inline(inline), value)
        }
    }
}

fn inline(text: &str, table: &toml::InlineTable, span: Range<usize>) -> (Inline, Value) {
    let mut has_dots = false;
    let (mut values, mut entries) = (Vec::new(), Vec::new());
    for (key, value) in table.iter() {
        let at = table.key(key).and_then(toml::Key::span).unwrap_or_default();
        let (node, value) = value_node(text, value);
        has_dots |= matches!(&node, Node::Inline(inner) if inner.is_dotted);
        values.push((key.to_owned(), value));
        entries.push(Entry { key: key.to_owned(), at, node });
    }
    let is_dotted = table.is_dotted();
    (Inline { span, entries, has_dots, is_dotted }, Value::from_entries(values))
}

impl Node {
    /// Where a value in brackets, in braces or alone stands.
    pub(super) fn span(&self) -> Option<Range<usize>> {
        match self {
            Node::Leaf(leaf) => Some(leaf.span.clone()),
            Node::Array(span, _) => Some(span.clone()),
            Node::Inline(inline) => Some(inline.span.clone()),
            Node::Table(_) | Node::Tables(_) => None,
        }
    }

    /// Behind the last value of it that stands in the section above.
    fn last_value(&self) -> Option<usize> {
        match self {
            Node::Table(table) if table.form == Form::Dotted => table.last,
            node => node.span().map(|span| span.end),
        }
    }
}

impl Table {
    /// Where its header stands.
    pub(super) fn header(&self) -> Option<&Range<usize>> {
        match &self.form {
            Form::Section(header) => Some(header),
            _ => None,
        }
    }

    /// The headers of it and of all tables in it.
    pub(super) fn headers(&self) -> Vec<&Table> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'t>(&'t self, found: &mut Vec<&'t Table>) {
        if matches!(self.form, Form::Section(_)) {
            found.push(self);
        }
        for entry in &self.entries {
            match &entry.node {
                Node::Table(table) => table.collect(found),
                Node::Tables(tables) => tables.iter().for_each(|table| table.collect(found)),
                _ => {}
            }
        }
    }
}
