//! From an old document and a new value to the edits between them.

use aimem_jq::{Shape, Value};

use super::edits::Edits;
use super::list::{self, Step};
use super::place::Lines;
use super::same;
use super::spell::{self, NotToml};
use super::tree::{Entry, Form, Inline, Kind, Leaf, Node, Table};

/// The entries of a new table.
type Entries<'v> = [(&'v str, &'v Value)];

/// The new text.
pub(super) fn patch(text: &str, root: &Table, new: &Entries<'_>) -> Result<String, NotToml> {
    let mut patch = Patch { lines: Lines::of(text), edits: Edits::default() };
    patch.table(root, new, &[], &[]);
    Ok(patch.edits.apply(text))
}

/// What is added to a table: lines among its own, and sections behind it.
#[derive(Default)]
struct Added {
    lines: String,
    sections: String,
}

/// How the tables in a table are written.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Section,
    Dotted,
    Inline,
}

struct Patch<'t> {
    lines: Lines<'t>,
    edits: Edits,
}

impl Patch<'_> {
    /// Changes a table of lines. Its headers are called `path`, its lines start with `prefix`.
    fn table(&mut self, table: &Table, new: &Entries<'_>, path: &[&str], prefix: &[&str]) {
        let mut added = Added::default();
        for entry in &table.entries {
            match new.iter().find(|(key, _)| *key == entry.key) {
                None => self.remove(&entry.node, entry),
                Some((_, value)) => self.entry(table, entry, value, path, prefix, &mut added),
            }
        }
        for (key, value) in new {
            if !table.entries.iter().any(|entry| entry.key == *key) {
                self.add(table, key, value, path, prefix, &mut added);
            }
        }
        if !added.lines.is_empty() {
            self.insert_lines(table, &added.lines, path);
        }
        if !added.sections.is_empty() {
            self.insert_sections(table, &added.sections);
        }
    }

    fn entry(
        &mut self,
        table: &Table,
        entry: &Entry,
        value: &Value,
        path: &[&str],
        prefix: &[&str],
        added: &mut Added,
    ) {
        match (&entry.node, value.shape()) {
            (Node::Table(inner), Shape::Object(new)) if !vanishes(inner, &new) => {
                let path = [path, &[entry.key.as_str()]].concat();
                match inner.form {
                    Form::Dotted => {
                        let prefix = [prefix, &[entry.key.as_str()]].concat();
                        self.table(inner, &new, &path, &prefix);
                    }
                    _ => self.table(inner, &new, &path, &[]),
                }
            }
            (Node::Tables(tables), Shape::Array(elements))
                if !elements.is_empty() && are_tables(elements) =>
            {
                let path = [path, &[entry.key.as_str()]].concat();
                self.tables(tables, elements, &path);
            }
            (Node::Table(_) | Node::Tables(_), _) => {
                self.remove(&entry.node, entry);
                self.add(table, &entry.key, value, path, prefix, added);
            }
            (node, _) => self.value(node, value),
        }
    }

    /// Changes a value in brackets, in braces or alone.
    fn value(&mut self, node: &Node, value: &Value) {
        match (node, value.shape()) {
            (Node::Leaf(leaf), _) if is_leaf(leaf, value) => {}
            (Node::Leaf(leaf), _) => {
                self.edits.replace(leaf.span.clone(), spell::like(value, leaf, self.lines.text));
            }
            (Node::Array(span, nodes), Shape::Array(elements))
                if !elements.is_empty() && !nodes.is_empty() =>
            {
                let new: Vec<&Value> = elements.iter().collect();
                let steps = list::steps(nodes.len(), &new, |old, new| is_same(&nodes[old], new));
                if !steps.iter().any(|step| matches!(step, Step::Stays(_))) {
                    return self.edits.replace(span.clone(), spell::inline(value));
                }
                let steps = self.changed(nodes, elements, steps);
                let members: Vec<_> = nodes.iter().filter_map(Node::span).collect();
                list::change(&mut self.edits, self.lines.text, span, &members, &steps);
            }
            (Node::Array(_, nodes), Shape::Array([])) if nodes.is_empty() => {}
            (Node::Inline(inline), Shape::Object(new)) => self.inline(inline, value, &new),
            (node, _) => {
                if let Some(span) = node.span() {
                    self.edits.replace(span, spell::inline(value));
                }
            }
        }
    }

    /// Changes the elements that stay, and spells the new ones.
    fn changed(&mut self, nodes: &[Node], elements: &[Value], steps: Vec<Step<&Value>>) -> Vec<Step<String>> {
        let each = steps.into_iter().zip(elements).map(|(step, element)| match step {
            Step::Stays(old) => {
                self.value(&nodes[old], element);
                Step::Stays(old)
            }
            Step::New(new) => Step::New(spell::inline(new)),
        });
        each.collect()
    }

    /// Changes a table in braces.
    fn inline(&mut self, inline: &Inline, value: &Value, new: &Entries<'_>) {
        let Inline { span, entries, has_dots, is_dotted } = inline;
        let get = |entry: &Entry| new.iter().find(|(key, _)| *key == entry.key).map(|(_, value)| *value);
        let stay = entries.iter().filter(|entry| get(entry).is_some()).count();
        if new.is_empty() && entries.is_empty() {
            return;
        }
        if stay == 0 || *has_dots && !has_keys(inline, new) {
            return self.edits.replace(span.clone(), spell::inline(value));
        }
        let mut steps = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            if let Some(value) = get(entry) {
                self.value(&entry.node, value);
                steps.push(Step::Stays(place));
            }
        }
        if *has_dots || *is_dotted {
            return;
        }
        for (key, value) in new.iter().filter(|(key, _)| !entries.iter().any(|entry| entry.key == *key)) {
            steps.push(Step::New(format!("{} = {}", spell::key(key), spell::inline(value))));
        }
        let member = |entry: &Entry| entry.at.start..entry.node.span().map_or(entry.at.end, |span| span.end);
        let members: Vec<_> = entries.iter().map(member).collect();
        list::change(&mut self.edits, self.lines.text, span, &members, &steps);
    }

    /// Changes an array of tables of lines.
    fn tables(&mut self, tables: &[Table], elements: &[Value], path: &[&str]) {
        let new: Vec<&Value> = elements.iter().collect();
        let steps = list::steps(tables.len(), &new, |old, new| is_table(&tables[old], new));
        let stays = |table: usize| steps.contains(&Step::Stays(table));
        for table in (0..tables.len()).filter(|table| !stays(*table)) {
            self.remove_table(&tables[table], true);
        }
        let mut before = String::new();
        for (step, element) in steps.iter().zip(elements) {
            let Shape::Object(entries) = element.shape() else { continue };
            match step {
                Step::New(_) => self.write_section(path, &entries, true, &mut before),
                Step::Stays(table) => {
                    let table = &tables[*table];
                    if let (false, Form::Section(header)) = (before.is_empty(), &table.form) {
                        let at = self.lines.comments_above(self.lines.start(header.start));
                        let lines = before.trim_start_matches(['\n', '\r']);
                        self.edits.insert(at, format!("{lines}{}", self.lines.end));
                        before.clear();
                    }
                    self.table(table, &entries, path, &[]);
                }
            }
        }
        if let (false, Some(last)) = (before.is_empty(), tables.last()) {
            self.insert_sections(last, &before);
        }
    }

    /// Adds an entry that was not there.
    fn add(
        &mut self,
        table: &Table,
        key: &str,
        value: &Value,
        path: &[&str],
        prefix: &[&str],
        added: &mut Added,
    ) {
        let full = [path, &[key]].concat();
        let manner = manner(table, value);
        match value.shape() {
            Shape::Object(entries) if manner == Manner::Section => {
                self.write_section(&full, &entries, false, &mut added.sections);
            }
            Shape::Array(elements) if manner == Manner::Section => {
                for element in elements {
                    let Shape::Object(entries) = element.shape() else { continue };
                    self.write_section(&full, &entries, true, &mut added.sections);
                }
            }
            Shape::Object(entries) if manner == Manner::Dotted => {
                for (inner, value) in entries {
                    self.write_line(table, &[prefix, &[key, inner]].concat(), value, &mut added.lines);
                }
            }
            _ => self.write_line(table, &[prefix, &[key]].concat(), value, &mut added.lines),
        }
    }

    /// A line, laid out like the last one of the table.
    fn write_line(&self, table: &Table, keys: &[&str], value: &Value, out: &mut String) {
        let model = table.entries.iter().rev().find_map(|entry| Some((entry, entry.node.span()?)));
        let (mut indent, mut equals) = ("", " = ");
        if let Some((entry, span)) = model {
            indent = self.lines.indent(self.lines.start(entry.at.start));
            if self.lines.text.get(entry.at.end..span.start) == Some("=") {
                equals = "=";
            }
        } else if let Form::Section(header) = &table.form {
            indent = self.lines.indent(self.lines.start(header.start));
        }
        let key = spell::path(keys.iter().copied());
        out.push_str(&format!("{indent}{key}{equals}{}{}", spell::inline(value), self.lines.end));
    }

    /// A section with all in it, an empty line before each header.
    fn write_section(&self, path: &[&str], entries: &Entries<'_>, is_element: bool, out: &mut String) {
        let end = self.lines.end;
        let (tables, plain): (Vec<_>, Vec<_>) = entries.iter().partition(|(_, value)| is_tables(value));
        if is_element || !plain.is_empty() || tables.is_empty() {
            let name = spell::path(path.iter().copied());
            let header = if is_element { format!("[[{name}]]") } else { format!("[{name}]") };
            out.push_str(&format!("{end}{header}{end}"));
        }
        for (key, value) in plain {
            out.push_str(&format!("{} = {}{end}", spell::key(key), spell::inline(value)));
        }
        for (key, value) in tables {
            let path = [path, &[key]].concat();
            match value.shape() {
                Shape::Object(entries) => self.write_section(&path, &entries, false, out),
                Shape::Array(elements) => {
                    for element in elements {
                        if let Shape::Object(entries) = element.shape() {
                            self.write_section(&path, &entries, true, out);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Puts lines behind the last one of a table's own.
    fn insert_lines(&mut self, table: &Table, lines: &str, path: &[&str]) {
        let end = self.lines.end;
        let at = match (table.last, &table.form) {
            (Some(last), _) => self.lines.next(last),
            (None, Form::Section(header)) => self.lines.next(header.end),
            (None, Form::Root | Form::Dotted | Form::Implicit) => {
                let headers = table.headers();
                let starts = headers.iter().filter_map(|table| table.header()).map(|header| header.start);
                let Some(first) = starts.min() else {
                    let at = self.lines.text.len();
                    return self.edits.insert(at, self.lines.fitted(at, lines));
                };
                let at = self.lines.comments_above(self.lines.start(first));
                let header = match &table.form {
                    Form::Root => String::new(),
                    _ => format!("[{}]{end}", spell::path(path.iter().copied())),
                };
                return self.edits.insert(at, format!("{header}{lines}{end}"));
            }
        };
        self.edits.insert(at, self.lines.fitted(at, lines));
    }

    /// Puts sections behind the last one of a table.
    fn insert_sections(&mut self, table: &Table, sections: &str) {
        let ends = table.headers().into_iter().map(|table| {
            let end = table.last.max(table.header().map(|header| header.end)).unwrap_or_default();
            self.lines.comments_below(self.lines.next(end))
        });
        let at = match table.form {
            Form::Root => self.lines.text.len(),
            _ => ends.max().unwrap_or(self.lines.text.len()),
        };
        let before = &self.lines.text[..at];
        let is_apart = at == self.lines.first() || before.ends_with("\n\n") || before.ends_with("\n\r\n");
        let sections = match is_apart {
            true => sections.strip_prefix(self.lines.end).unwrap_or(sections),
            false => sections,
        };
        let mut fitted = self.lines.fitted(at, sections);
        if !self.lines.is_blank(at) {
            fitted.push_str(self.lines.end);
        }
        self.edits.insert(at, fitted);
    }

    /// Takes an entry of a table of lines away.
    fn remove(&mut self, node: &Node, entry: &Entry) {
        match node {
            Node::Table(table) => self.remove_table(table, true),
            Node::Tables(tables) => tables.iter().for_each(|table| self.remove_table(table, true)),
            value => {
                let end = value.span().map_or(entry.at.end, |span| span.end);
                self.edits.remove(self.lines.of_entry(entry.at.start, end));
            }
        }
    }

    /// Takes a table of lines away, with the tables in it. The lines of a section go with it.
    fn remove_table(&mut self, table: &Table, lines: bool) {
        let lines = match &table.form {
            Form::Section(header) => {
                let end = table.last.unwrap_or(header.end).max(header.end);
                self.edits.remove(self.lines.of_section(header.start, end));
                false
            }
            _ => lines,
        };
        for entry in &table.entries {
            match &entry.node {
                Node::Table(inner) => self.remove_table(inner, lines),
                Node::Tables(tables) => tables.iter().for_each(|table| self.remove_table(table, true)),
                node if lines => self.remove(node, entry),
                _ => {}
            }
        }
    }
}

/// Whether a table would be gone with all its entries, and not be empty.
fn vanishes(table: &Table, new: &Entries<'_>) -> bool {
    new.is_empty() && !table.entries.is_empty() && matches!(table.form, Form::Dotted | Form::Implicit)
}

/// How a table in this one is written: like the last one there is.
fn manner(table: &Table, value: &Value) -> Manner {
    let is_list = matches!(value.shape(), Shape::Array(_));
    if !is_tables(value) && !matches!(value.shape(), Shape::Object(_)) || table.form == Form::Dotted {
        return Manner::Inline;
    }
    let models = table.entries.iter().rev().filter_map(|entry| match (&entry.node, is_list) {
        (Node::Table(inner), false) if inner.form == Form::Dotted => Some(Manner::Dotted),
        (Node::Table(_), false) | (Node::Tables(_), true) => Some(Manner::Section),
        (Node::Inline(_), false) => Some(Manner::Inline),
        (Node::Array(_, nodes), true) if matches!(nodes.first(), Some(Node::Inline(_))) => {
            Some(Manner::Inline)
        }
        _ => None,
    });
    let plain = |entries: &Entries<'_>| {
        !entries.is_empty() && entries.iter().all(|(_, value)| !matches!(value.shape(), Shape::Object(_)))
    };
    match (models.into_iter().next(), value.shape()) {
        (Some(Manner::Dotted), Shape::Object(entries)) if plain(&entries) => Manner::Dotted,
        (Some(Manner::Dotted), _) => Manner::Inline,
        (Some(manner), _) => manner,
        (None, _) => Manner::Section,
    }
}

/// Whether a value is written as sections.
fn is_tables(value: &Value) -> bool {
    match value.shape() {
        Shape::Object(_) => true,
        Shape::Array(elements) => !elements.is_empty() && are_tables(elements),
        _ => false,
    }
}

fn are_tables(elements: &[Value]) -> bool {
    elements.iter().all(|element| matches!(element.shape(), Shape::Object(_)))
}

/// Whether a new table has the keys of this one, down to where its keys have no dots.
fn has_keys(inline: &Inline, new: &Entries<'_>) -> bool {
    let has = |entry: &Entry| {
        let value = new.iter().find(|(key, _)| *key == entry.key).map(|(_, value)| value.shape());
        match (&entry.node, value) {
            (Node::Inline(inner), Some(Shape::Object(new))) => !inner.is_dotted || has_keys(inner, &new),
            (Node::Inline(inner), Some(_)) => !inner.is_dotted,
            (_, value) => value.is_some(),
        }
    };
    inline.entries.len() == new.len() && inline.entries.iter().all(has)
}

/// Whether a leaf is this value. A date is the string that a filter sees.
fn is_leaf(leaf: &Leaf, value: &Value) -> bool {
    let becomes_date = leaf.kind == Kind::String && matches!(value.shape(), Shape::String(_, true));
    !becomes_date && same(&leaf.value, value)
}

fn is_same(node: &Node, value: &Value) -> bool {
    match (node, value.shape()) {
        (Node::Leaf(leaf), _) => is_leaf(leaf, value),
        (Node::Array(_, nodes), Shape::Array(elements)) => {
            nodes.len() == elements.len()
                && nodes.iter().zip(elements).all(|(node, element)| is_same(node, element))
        }
        (Node::Inline(inline), Shape::Object(new)) => are_entries(&inline.entries, &new),
        (Node::Table(table), Shape::Object(new)) => are_entries(&table.entries, &new),
        (Node::Tables(tables), Shape::Array(elements)) => {
            tables.len() == elements.len()
                && tables.iter().zip(elements).all(|(table, element)| is_table(table, element))
        }
        _ => false,
    }
}

fn is_table(table: &Table, value: &Value) -> bool {
    matches!(value.shape(), Shape::Object(new) if are_entries(&table.entries, &new))
}

fn are_entries(entries: &[Entry], new: &Entries<'_>) -> bool {
    let is = |entry: &Entry| {
        let value = new.iter().find(|(key, _)| *key == entry.key);
        value.is_some_and(|(_, value)| is_same(&entry.node, value))
    };
    entries.len() == new.len() && entries.iter().all(is)
}
