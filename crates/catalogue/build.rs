//! Turns the texts into code.
fn main() {
    messages::generate("messages");
}
