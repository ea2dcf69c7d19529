//! The name that somebody meant.

/// Of the known names the one that is most like `name`, if it is near enough to have been meant.
#[must_use]
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let distances = known.into_iter().map(|other| (strsim::damerau_levenshtein(name, other), other));
    let (distance, other) = distances.min()?;
    (distance <= name.chars().count() / 2).then_some(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_names_are_not_meant() {
        assert_eq!(nearest("sfae", ["safe", "unsafe"]), Some("safe"));
        assert_eq!(nearest("x", ["safe"]), None);
        assert_eq!(nearest("none", ["safe", "unsafe"]), None);
    }
}
