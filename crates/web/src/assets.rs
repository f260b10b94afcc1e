//! The style that every page holds inline, and its hash for the content policy.

use std::sync::LazyLock;

static STYLE: LazyLock<String> = LazyLock::new(|| shrink(include_str!("../assets/style.css")));

/// Hashes (`sha256-…`) of the styles that pages hold inline, for the content policy.
pub static INLINE_STYLE_HASHES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let digest = seal::digest::sha256(style().as_bytes());
    vec![format!("sha256-{}", seal::digest::base64(&digest))]
});

/// The style sheet as pages hold it.
#[must_use]
pub fn style() -> &'static str {
    &STYLE
}

/// Takes out comments and the breaks between rules.
fn shrink(css: &str) -> String {
    let mut text = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        text.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.lines().map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_knows_no_side_and_no_feature_that_old_phones_lack() {
        let css = style();
        for word in
            ["@layer", ":has(", "float:", "text-align:left", "text-align:right", "aspect-ratio", "letter-spacing:-"]
        {
            assert!(!css.contains(word), "{word}");
        }
        for side in ["left", "right", "top", "bottom"] {
            for property in ["margin-", "padding-", "border-", "inset-", ";", "{"] {
                let physical = format!("{property}{side}");
                let found = css
                    .match_indices(&physical)
                    .any(|(place, _)| css[place + physical.len()..].starts_with([':', '-']));
                assert!(!found, "{physical}");
            }
        }
        for property in ["width:", "height:"] {
            for (place, _) in css.match_indices(property) {
                let before = &css[..place];
                assert!(!before.ends_with([';', '{']), "…{}", &before[before.len().saturating_sub(30)..]);
            }
        }
    }

    #[test]
    fn the_colour_of_the_focus_is_on_nothing_else() {
        for rule in style().split('}').filter(|rule| rule.contains("var(--focus)")) {
            let (selectors, _) = rule.rsplit_once('{').unwrap();
            assert!(selectors.split(',').all(|selector| selector.ends_with(":focus")), "{selectors}");
        }
    }

    /// WCAG 2.2, 1.4.3: relative luminance and contrast.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |hex: &str| {
            let channel = |place: usize| {
                let value = f64::from(u8::from_str_radix(&hex[place..place + 2], 16).unwrap()) / 255.0;
                if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn token(theme: &str, name: &str) -> String {
        let start = theme.find(&format!("--{name}:")).unwrap() + name.len() + 3;
        let value: String = theme[start..].chars().take_while(|symbol| !matches!(symbol, ';' | '}')).collect();
        if value.len() == 4 { value.chars().flat_map(|symbol| [symbol, symbol]).skip(1).collect() } else { value }
    }

    #[test]
    fn every_pair_of_colours_can_be_read() {
        let css = style();
        let dark_at = css.find("prefers-color-scheme:dark").unwrap();
        for theme in [&css[..dark_at], &css[dark_at..]] {
            for (text, ground, least) in [
                ("ink", "paper", 7.0),
                ("ink", "stone", 7.0),
                ("muted", "paper", 4.5),
                ("muted", "stone", 4.5),
                ("olive", "paper", 4.5),
                ("on-olive", "olive", 4.5),
                ("link", "paper", 4.5),
                ("link", "stone", 4.5),
                ("visited", "paper", 4.5),
                ("visited", "stone", 4.5),
                ("thread", "paper", 4.5),
                ("amber", "paper", 4.5),
                ("border", "paper", 3.0),
            ] {
                let found = contrast(&token(theme, text), &token(theme, ground));
                assert!(found >= least, "{text} on {ground}: {found:.2}");
            }
        }
    }
}
