//! Keywords, stage names and protocols in another case.

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
