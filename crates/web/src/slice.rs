//! Long lists are shown in slices, newest first: so many rows after a certain one.

use serde::Deserialize;

use crate::config::SLICE_ROWS_MAX;

/// What a link to the next slice carries, for [`crate::Query`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Slice {
    /// The last row that was seen.
    pub after: Option<String>,
    /// How many rows are wished for.
    pub rows: Option<u32>,
}

impl Slice {
    /// How many rows to show: at least one, at most [`SLICE_ROWS_MAX`].
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows.unwrap_or(SLICE_ROWS_MAX).clamp(1, SLICE_ROWS_MAX)
    }
    /// Only rows with ids less than this are in it.
    #[must_use]
    pub fn before(&self) -> &str {
        // "Z" follows every id.
        self.after.as_deref().unwrap_or("Z")
    }
    /// How many rows to ask the store for: one more shows whether there are more.
    #[must_use]
    pub fn rows_to_read(&self) -> u32 {
        self.rows() + 1
    }
    /// Cuts what was read to the slice, and names the row after which the next
    /// one begins, if there is one.
    pub fn cut<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
        let shown = usize::try_from(self.rows()).unwrap_or(usize::MAX);
        let more = rows.len() > shown;
        rows.truncate(shown);
        let next = if more { rows.last().map(key) } else { None };
        (rows, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_slice_is_named_only_when_there_is_one() {
        let slice = Slice { after: None, rows: Some(2) };
        assert_eq!((slice.rows_to_read(), slice.before()), (3, "Z"));
        assert_eq!(slice.cut(vec![1, 2, 3], i32::to_string), (vec![1, 2], Some("2".to_owned())));
        assert_eq!(slice.cut(vec![1, 2], i32::to_string), (vec![1, 2], None));
        assert_eq!(slice.cut(Vec::new(), i32::to_string), (vec![], None));
    }

    #[test]
    fn nobody_gets_more_than_the_most() {
        for (wished, rows) in [(None, SLICE_ROWS_MAX), (Some(0), 1), (Some(9_999), SLICE_ROWS_MAX), (Some(7), 7)] {
            assert_eq!(Slice { after: None, rows: wished }.rows(), rows, "{wished:?}");
        }
    }
}
