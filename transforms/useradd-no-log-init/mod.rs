//! useradd with a high number leaves the logs of logins alone.

use crate::edit::{Offers, Proposals, Safety, Subject, Transform};
use crate::knowledge::options::{self, Addition, Uid};
use crate::rewrite::{self, Verdict};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    id: "useradd-no-log-init",
    summary: "give no room in the logs of logins to users with a high number",
    offers: Offers::Unsafe,
    codes: &["DL3046"],
    readme: include_str!("README.md"),
    options: &[],
    opt_in: false,
    propose,
};

fn propose(subject: &Subject<'_, '_, '_>, proposals: &mut Proposals) {
    rewrite::add_options(subject.model, proposals, Addition::NoLogInit, |command| {
        let number = match options::uid(&command.simple.literals()) {
            Uid::Written(uid) => {
                format!("`useradd` makes /var/log/lastlog and faillog as long as its number {uid} asks")
            }
            _ => {
                "the number is not written out, and with a high one `useradd` makes /var/log/lastlog and faillog very \
                  long"
                    .to_owned()
            }
        };
        let why = "they are sparse, but fill the layer when it is packed";
        Verdict::Add(
            Safety::Unsafe,
            format!("{number}: {why}; unsafe because both logs in the image get shorter, and an old entry is kept"),
        )
    });
}
