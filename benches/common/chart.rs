//! A chart of bars as SVG, for the README.

use std::fmt::Write;

/// Groups of bars below each other, each with a title of its own.
#[derive(Default)]
pub struct Chart {
    groups: Vec<(String, Vec<(String, f64)>)>,
}

const WIDTH: f64 = 720.0;
const LABELS: f64 = 220.0;
const ROW: f64 = 24.0;
const TITLE: f64 = 36.0;

impl Chart {
    pub fn add(&mut self, title: &str, bars: &[(String, f64)]) {
        self.groups.push((title.to_owned(), bars.to_vec()));
    }

    /// Each group has its own scale: its longest bar fills the width.
    pub fn svg(&self) -> String {
        let rows: usize = self.groups.iter().map(|(_, bars)| bars.len()).sum();
        let height = rows as f64 * ROW + self.groups.len() as f64 * TITLE + 12.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        );
        let mut y = 0.0;
        for (title, bars) in &self.groups {
            y += TITLE;
            let _ = writeln!(svg, "<text x=\"8\" y=\"{}\" font-weight=\"bold\">{title}</text>", y - 10.0);
            let most = bars.iter().map(|(_, value)| *value).fold(1e-9, f64::max);
            for (name, value) in bars {
                let width = (WIDTH - LABELS - 90.0) * value / most;
                let colour = if name.starts_with("aimem") { "#2f6fde" } else { "#b8bec9" };
                let _ = writeln!(
                    svg,
                    "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
                     <rect x=\"{LABELS}\" y=\"{}\" width=\"{width:.1}\" height=\"{}\" fill=\"{colour}\"/>\
                     <text x=\"{:.1}\" y=\"{}\">{value:.1}</text>",
                    LABELS - 8.0,
                    y + 15.0,
                    y + 3.0,
                    ROW - 7.0,
                    LABELS + width + 6.0,
                    y + 15.0,
                );
                y += ROW;
            }
        }
        svg.push_str("</svg>\n");
        svg
    }
}
