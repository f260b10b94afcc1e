//! Building blocks of pages.
