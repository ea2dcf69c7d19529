//! Names that differ by a slip of the keyboard.

/// Whether two names differ by one character that was left out, added or changed, or by two that were swapped.
#[must_use]
pub fn one_slip_apart(left: &str, right: &str) -> bool {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let head = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 if head == short.len() => false,
        0 => {
            let swapped = head + 1 < short.len()
                && short[head] == long[head + 1]
                && short[head + 1] == long[head]
                && short[head + 2..] == long[head + 2..];
            swapped || short[head + 1..] == long[head + 1..]
        }
        1 => short[head..] == long[head + 1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::one_slip_apart;

    #[test]
    fn slips() {
        for (left, right) in [("PAHT", "PATH"), ("VERSIN", "VERSION"), ("builder", "bulder"), ("A", "B"), ("ab", "abc")]
        {
            assert!(one_slip_apart(left, right) && one_slip_apart(right, left), "{left} {right}");
        }
        for (left, right) in [("PATH", "PATH"), ("ab", "cd"), ("build", "builder"), ("abc", "cab")] {
            assert!(!one_slip_apart(left, right), "{left} {right}");
        }
    }
}
