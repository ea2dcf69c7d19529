//! A command is run by another program that does the same, or no longer through a wrapper.

use super::{Demand, Facts, Refusal, Version};

/// Checks the claim.
pub fn check(
    _before: &Version<'_, '_>,
    _after: &Version<'_, '_>,
    _demand: Demand,
    _facts: Facts<'_>,
) -> Result<(), Refusal> {
    Err(Refusal::new("nothing proves this claim yet"))
}
