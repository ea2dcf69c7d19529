use std::fs;

use super::*;

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

fn settings_of(files: &[(&str, &str)], dockerfile: &str, asked: Asked) -> Arc<Resolved> {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), files);
    let configuration = Configuration::new(Wanted::Nearest, asked);
    configuration.for_file(&folder.path().join(dockerfile)).expect("a configuration")
}

fn ids(resolved: &Resolved) -> Vec<&'static str> {
    let mut ids: Vec<_> = resolved.settings.transforms.iter().map(|selected| selected.transform.id).collect();
    ids.sort_unstable();
    ids
}

fn asked(select: &[&str], ignore: &[&str]) -> Asked {
    let named = |ids: &[&str]| ids.iter().map(|id| exactly(id).expect("an id")).collect();
    Asked { select: named(select), ignore: named(ignore), ..Asked::default() }
}

#[test]
fn the_nearest_file_holds_alone() {
    let files =
        [("dockmod.yaml", "safety: unsafe\nselect: [merge-runs]\n"), ("a/.dockmod.yaml", "select: [merge-env]\n")];
    let near = settings_of(&files, "a/b/Dockerfile", Asked::default());
    assert_eq!(ids(&near), ["merge-env"]);
    assert!(!near.settings.allow_unsafe, "a file above is not read");
    let far = settings_of(&files, "c/Dockerfile", Asked::default());
    assert_eq!(ids(&far), ["merge-runs"]);
    assert!(far.settings.allow_unsafe);
}

#[test]
fn what_is_extended_holds_where_nothing_is_said() {
    let files = [
        ("base.yaml", "safety: unsafe\nselect: [merge-runs]\ntransforms: {merge-runs: {scope: all}}\n"),
        ("more.yaml", "select: [merge-env]\n"),
        ("a/dockmod.yaml", "extends: [../base.yaml, ../more.yaml]\nextend-select: [copy-chown]\n"),
    ];
    let resolved = settings_of(&files, "a/Dockerfile", Asked::default());
    assert_eq!(ids(&resolved), ["copy-chown", "merge-env"]);
    assert!(resolved.settings.allow_unsafe);
    assert_eq!(resolved.settings.options.get("merge-runs", "scope"), Some("all"));
}

#[test]
fn later_overrides_win_and_the_command_line_wins_over_all() {
    let text = "ignore: [merge-env]\noverrides:\n  - paths: [a/]\n    select: [merge-env, merge-runs]\n    ignore: []\n  \
                - paths: [a/b/Dockerfile]\n    select: [merge-runs]\n    safety: unsafe\n";
    let files = [("dockmod.yaml", text)];
    assert_eq!(ids(&settings_of(&files, "a/Dockerfile", Asked::default())), ["merge-env", "merge-runs"]);
    let last = settings_of(&files, "a/b/Dockerfile", Asked::default());
    assert_eq!(ids(&last), ["merge-runs"]);
    assert!(last.settings.allow_unsafe && last.settings.transforms[0].by_name);
    assert!(!ids(&settings_of(&files, "c/Dockerfile", Asked::default())).contains(&"merge-env"));
    assert_eq!(ids(&settings_of(&files, "c/Dockerfile", asked(&["merge-env"], &[]))), ["merge-env"]);
    assert_eq!(ids(&settings_of(&files, "a/Dockerfile", asked(&[], &["merge-env"]))), ["merge-runs"]);
}

#[test]
fn under_buildkit_no_cache_is_cleaned_but_by_name() {
    let files = [("dockmod.yaml", "profile: buildkit\n")];
    let resolved = settings_of(&files, "Dockerfile", Asked::default());
    assert!(REPLACED_BY_CACHE_MOUNTS.iter().all(|id| !ids(&resolved).contains(id)));
    assert!(ids(&resolved).contains(&"merge-runs"));
    let files = [("dockmod.yaml", "profile: buildkit\nextend-select: [apt-clean-lists]\n")];
    assert!(ids(&settings_of(&files, "Dockerfile", Asked::default())).contains(&"apt-clean-lists"));
    for id in REPLACED_BY_CACHE_MOUNTS {
        assert!(exactly(id).is_ok(), "{id}");
    }
}

#[test]
fn a_wrong_file_is_an_error_of_all_below_it_and_of_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &[("a/dockmod.yaml", "selct: []\n"), ("b/dockmod.yaml", "extends: [dockmod.yaml]\n")]);
    let configuration = Configuration::new(Wanted::Nearest, Asked::default());
    let of = |path: &str| configuration.for_file(&folder.path().join(path)).map_err(|error| error.message.clone());
    assert!(of("a/x/Dockerfile").is_err_and(|message| message.contains("did you mean `select`")));
    assert!(of("b/Dockerfile").is_err_and(|message| message.contains("extends itself")));
    assert!(of("c/Dockerfile").is_ok());
}

#[test]
fn names_that_are_included_and_paths_that_are_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &[("dockmod.yaml", "include: ['*.docker']\nexclude: [old/]\n")]);
    let configuration = Configuration::new(Wanted::Nearest, Asked::default());
    assert!(configuration.includes(&folder.path().join("x/a.docker")));
    assert!(!configuration.includes(&folder.path().join("x/a.txt")));
    assert!(configuration.excludes(&folder.path().join("old/x/Dockerfile")));
    assert!(!configuration.excludes(&folder.path().join("x/Dockerfile")));
    let none = Configuration::new(Wanted::Nothing, Asked::default());
    assert!(!none.excludes(&folder.path().join("old/x/Dockerfile")));
}

#[test]
fn one_file_may_be_named_for_all() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &[("ci.yaml", "select: [merge-env]\n"), ("a/dockmod.yaml", "select: [merge-runs]\n")]);
    let configuration = Configuration::new(Wanted::File(folder.path().join("ci.yaml")), Asked::default());
    assert_eq!(ids(&configuration.for_file(&folder.path().join("a/Dockerfile")).expect("settings")), ["merge-env"]);
    let missing = Configuration::new(Wanted::File(folder.path().join("no.yaml")), Asked::default());
    assert!(missing.for_file(Path::new("Dockerfile")).is_err());
}
