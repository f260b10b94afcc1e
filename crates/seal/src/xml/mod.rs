//! Signed XML.
