//! Languages: dependency installs, their manifests and lock files.
