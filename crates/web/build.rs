//! Turns the message files into typed methods.

fn main() {
    messages::generate("messages");
}
