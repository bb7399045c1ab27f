//! Tables: columns aligned, the head bold on a terminal.

use crate::diagnostic::Style;

/// Rows under a head; a row has as many cells as the head.
pub(in crate::cli) fn table(head: &[&str], rows: &[Vec<String>], style: Style) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = line(head.to_vec());
    let mut text = match style {
        Style::Colour => format!("\u{1b}[1m{head}\u{1b}[0m\n"),
        Style::Plain => head + "\n",
    };
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
        text.push('\n');
    }
    text
}

/// The first characters of a hash: enough to tell by.
pub(in crate::cli) fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["shop@prod".into(), "7".into()], vec!["a".into(), "12".into()]];
        assert_eq!(
            table(&["GRAPH", "VERSION"], &rows, Style::Plain),
            "GRAPH      VERSION\nshop@prod  7\na          12\n"
        );
    }
}
