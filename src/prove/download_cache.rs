//! An install no longer keeps its downloads, and clean-ups of them that became idle are gone.

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
