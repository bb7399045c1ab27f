//! Rows of text in, a table with aligned columns out.

/// The first row is the head; numbers stand to the right.
pub fn render(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| aligned(cell, width)).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn aligned(cell: &str, width: usize) -> String {
    let is_word = cell.starts_with(|first: char| first.is_alphabetic());
    if is_word { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
}
