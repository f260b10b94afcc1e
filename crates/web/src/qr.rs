//! QR codes (ISO/IEC 18004) as pictures, for pages and papers.

use std::fmt::Write as _;

use fast_qr::{ECL, QRBuilder};

/// The light margin, modules (§6.3.8).
const QUIET: usize = 4;

/// A text as a QR code at level M, SVG: one path, in which neighbouring modules
/// are one rectangle, since whoever sets it takes time for every rectangle.
/// Nothing when the text is longer than a code holds.
#[must_use]
pub fn svg(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let size = code.size;
    let mut path = String::with_capacity(16 * size * size / 4);
    // Runs that are open: the column where each begins, its length, and the row where it began.
    let mut open: Vec<(usize, usize, usize)> = Vec::new();
    for row in 0..=size {
        let dark = |column: usize| row < size && column < size && code[row][column].value();
        let mut runs = Vec::new();
        let mut column = 0;
        while column < size {
            let length = (column..size).take_while(|column| dark(*column)).count();
            if length > 0 {
                let since = open.iter().find(|run| (run.0, run.1) == (column, length)).map_or(row, |run| run.2);
                runs.push((column, length, since));
            }
            column += length.max(1);
        }
        for (column, length, since) in open.iter().filter(|run| !runs.contains(run)) {
            let height = row - since;
            let _ = write!(path, "M{} {}h{length}v{height}h-{length}z", column + QUIET, since + QUIET);
        }
        open = runs;
    }
    let side = size + 2 * QUIET;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
         <path d=\"{path}\"/></svg>"
    ))
}
