//! The stages of a thing as data: which event leads from which stage to which.
//! Tests walk every edge and every missing edge; a command draws it.

use std::fmt::Write as _;

/// A table of allowed transitions.
#[derive(Debug, Clone, Copy)]
pub struct Transitions {
    /// What has these stages: `case`, `bill`.
    pub name: &'static str,
    /// The stage in which it begins.
    pub start: &'static str,
    /// `(from, event, to)`. Nothing else is allowed.
    pub edges: &'static [(&'static str, &'static str, &'static str)],
}

impl Transitions {
    /// The stage that the event leads to, or `None` when it is not allowed.
    #[must_use]
    pub fn next(&self, from: &str, event: &str) -> Option<&'static str> {
        self.edges.iter().find(|edge| edge.0 == from && edge.1 == event).map(|edge| edge.2)
    }

    /// Every stage, the first one first, then in the order of the edges.
    #[must_use]
    pub fn stages(&self) -> Vec<&'static str> {
        let mut stages = vec![self.start];
        for stage in self.edges.iter().flat_map(|edge| [edge.0, edge.2]) {
            if !stages.contains(&stage) {
                stages.push(stage);
            }
        }
        stages
    }

    /// Every event, in the order of the edges.
    #[must_use]
    pub fn events(&self) -> Vec<&'static str> {
        let mut events = Vec::new();
        for edge in self.edges {
            if !events.contains(&edge.1) {
                events.push(edge.1);
            }
        }
        events
    }

    /// What is wrong with the table itself: two targets for one event, or a
    /// stage that nothing leads to. Empty when it is sound.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (position, edge) in self.edges.iter().enumerate() {
            if self.edges[..position].iter().any(|earlier| earlier.0 == edge.0 && earlier.1 == edge.1) {
                faults.push(format!("{}: {} has two targets from {}", self.name, edge.1, edge.0));
            }
        }
        let mut reached = vec![self.start];
        let mut seen = 0;
        while let Some(&stage) = reached.get(seen) {
            for edge in self.edges.iter().filter(|edge| edge.0 == stage) {
                if !reached.contains(&edge.2) {
                    reached.push(edge.2);
                }
            }
            seen += 1;
        }
        for stage in self.stages().into_iter().filter(|stage| !reached.contains(stage)) {
            faults.push(format!("{}: nothing leads to {stage}", self.name));
        }
        faults
    }

    /// One line for each edge, in columns.
    #[must_use]
    pub fn text(&self) -> String {
        let widths =
            self.edges.iter().fold((0, 0), |(from, event), edge| (from.max(edge.0.len()), event.max(edge.1.len())));
        let mut text = format!("{} (starts as {})\n", self.name, self.start);
        for (from, event, to) in self.edges {
            let _ = writeln!(text, "  {from:<0$}  --{event:->1$}->  {to}", widths.0, widths.1);
        }
        text
    }

    /// Graphviz.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut text = format!("digraph \"{}\" {{\n  rankdir=LR;\n  \"{}\" [peripheries=2];\n", self.name, self.start);
        for (from, event, to) in self.edges {
            let _ = writeln!(text, "  \"{from}\" -> \"{to}\" [label=\"{event}\"];");
        }
        text.push_str("}\n");
        text
    }

    /// A Mermaid state diagram, for pages of documentation.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let id = |stage: &str| stage.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
        let mut text = format!("stateDiagram-v2\n  [*] --> {}\n", id(self.start));
        for (from, event, to) in self.edges {
            let _ = writeln!(text, "  {} --> {}: {event}", id(from), id(to));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMP: Transitions =
        Transitions { name: "lamp", start: "off", edges: &[("off", "press", "on"), ("on", "press", "off")] };

    #[test]
    fn edges_lead_and_non_edges_do_not() {
        assert_eq!(LAMP.next("off", "press"), Some("on"));
        assert_eq!(LAMP.next("off", "break"), None);
        assert_eq!(LAMP.next("broken", "press"), None);
        assert_eq!(LAMP.stages(), ["off", "on"]);
        assert_eq!(LAMP.faults(), Vec::<String>::new());
    }

    #[test]
    fn a_table_with_faults_says_which() {
        let table = Transitions {
            name: "lamp",
            start: "off",
            edges: &[("off", "press", "on"), ("off", "press", "off"), ("lost", "find", "off")],
        };
        assert_eq!(table.faults(), ["lamp: press has two targets from off", "lamp: nothing leads to lost"]);
    }

    #[test]
    fn it_is_drawn_in_three_ways() {
        assert_eq!(LAMP.text(), "lamp (starts as off)\n  off  --press->  on\n  on   --press->  off\n");
        assert!(LAMP.dot().contains("\"off\" -> \"on\" [label=\"press\"];"));
        assert!(LAMP.mermaid().contains("off --> on: press"));
    }
}
