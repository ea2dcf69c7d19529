//! Commands whose processes, mounts or network settings last as long as the RUN that runs them.
//!
//! Each RUN has process, mount and network namespaces of its own: what a command leaves there ends with its RUN.

use super::base_name;
use super::started;

/// The longest string that a process takes as one argument, as `sh -c` does, in bytes (`MAX_ARG_STRLEN` of Linux).
pub const LONGEST_ARGUMENT: usize = 128 * 1024;

/// Programs that leave a process behind, whatever their arguments.
///
/// Sources: their manuals. gpg 2.1 and later starts gpg-agent, dirmngr and keyboxd on demand; Gradle and Bazel
/// build in a daemon that waits for the next build.
const DAEMONS: &[&str] = &[
    "service",
    "systemctl",
    "invoke-rc.d",
    "rc-service",
    "start-stop-daemon",
    "nohup",
    "setsid",
    "daemonize",
    "mariadbd",
    "postgres",
    "pg_ctl",
    "pg_ctlcluster",
    "redis-server",
    "mongod",
    "Xvfb",
    "Xvnc",
    "Xorg",
    "vncserver",
    "tightvncserver",
    "x11vnc",
    "pulseaudio",
    "dbus-launch",
    "at",
    "memcached",
    "rabbitmq-server",
    "gpg",
    "gpg2",
    "gpgsm",
    "gpg-agent",
    "gpg-connect-agent",
    "dirmngr",
    "keyboxd",
    "pacman-key",
    "ssh-agent",
    "tmux",
    "screen",
    "openrc",
    "rc-update",
    "adb",
    "gradle",
    "gradlew",
    "mvnd",
    "bazel",
    "bazelisk",
    "buck",
    "watchman",
    "sccache",
    "asadmin",
    "nscd",
    "rpcbind",
];

/// Options that send a program into the background, besides `--daemon…` and `-d`.
const BACKGROUND_OPTIONS: &[&str] = &["-daemon", "-daemonize", "--fork", "--background", "-detach", "--detach"];

/// Programs whose `-d` says something else than `run as a daemon`: a folder, a delimiter, data, `decode`.
const OTHER_D: &[&str] = &[
    "[",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "base64",
    "cmake",
    "composer",
    "curl",
    "cut",
    "date",
    "diff",
    "du",
    "git",
    "go",
    "gunzip",
    "gzip",
    "install",
    "javac",
    "ls",
    "lsb_release",
    "make",
    "mktemp",
    "npm",
    "openssl",
    "paste",
    "patch",
    "php",
    "pip",
    "pip3",
    "pkg",
    "read",
    "rm",
    "sort",
    "tar",
    "test",
    "touch",
    "tr",
    "uniq",
    "unzip",
    "useradd",
    "usermod",
    "xargs",
    "xz",
    "yarn",
    "yum",
    "dnf",
    "zip",
    "zstd",
];

/// Options of gpg by which it converts or shows a file and needs no agent.
const GPG_WITHOUT_AGENT: &[&str] = &["--dearmor", "--dearmour", "--enarmor", "--enarmour", "--version", "--help"];

/// Shells, whose first operand is a script.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh"];

/// Commands that change the mounts, the network or the settings of the kernel for their own RUN.
const NAMESPACE_COMMANDS: &[&str] = &[
    "mount",
    "umount",
    "losetup",
    "sysctl",
    "hostname",
    "swapon",
    "modprobe",
    "insmod",
    "ip",
    "ifconfig",
    "route",
    "tc",
    "iptables",
    "ip6tables",
    "iptables-restore",
    "nft",
    "ipset",
    "brctl",
    "unshare",
];

/// Whether the command that `words` say may leave a process running.
///
/// `words` are the program and its arguments, without what wraps them; a word that is not written out is `None`.
#[must_use]
pub fn leaves_process(words: &[Option<&str>]) -> bool {
    let Some((Some(program), arguments)) = words.split_first() else { return false };
    let name = base_name(program);
    if matches!(name, "gpg" | "gpg2") && arguments.iter().flatten().any(|word| GPG_WITHOUT_AGENT.contains(word)) {
        return false;
    }
    let runs_script = SHELLS.contains(&name)
        && arguments.iter().flatten().find(|word| !word.starts_with('-')).is_some_and(|script| is_daemon(script));
    let starts_service = arguments.iter().flatten().any(|word| {
        *word == "start"
            || word.starts_with("start-")
            || word.starts_with("--daemon")
            || BACKGROUND_OPTIONS.contains(word)
    });
    let as_daemon = arguments.contains(&Some("-d")) && !OTHER_D.contains(&name);
    is_daemon(program) || runs_script || starts_service || as_daemon
}

/// Whether a program of this path leaves a process behind, or is a script that starts servers by its name.
fn is_daemon(program: &str) -> bool {
    let name = base_name(program);
    program.contains("/init.d/")
        || name.starts_with("start")
        || name.ends_with("daemon")
        || DAEMONS.contains(&name)
        || started::is_supervisor(program)
        || started::starts_as_root(program)
}

/// Whether what a program of this path does holds for its own RUN only.
#[must_use]
pub fn acts_on_namespace(program: &str) -> bool {
    NAMESPACE_COMMANDS.contains(&base_name(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(line: &str) -> bool {
        leaves_process(&line.split(' ').map(Some).collect::<Vec<_>>())
    }

    #[test]
    fn daemons_by_name_option_and_verb() {
        let daemons = [
            "/usr/sbin/nginx",
            "/etc/init.d/x restart",
            "gpg --verify a.asc a",
            "./gradlew assemble",
            "asadmin start-domain",
            "elasticsearch -d -p pid",
            "kafka/bin/server.sh -daemon x",
            "/opt/tomcat/bin/startup.sh",
            "bash -e /opt/start-all.sh",
            "neo4j start",
        ];
        for line in daemons {
            assert!(leaves(line), "{line}");
        }
    }

    #[test]
    fn others_end_with_their_command() {
        let others = [
            "gpg --dearmor -o a.gpg a.asc",
            "unzip -q a.zip -d /opt",
            "useradd -d /home/a a",
            "chmod +x /start.sh",
            "bash build.sh",
            "install -d /run/sshd",
        ];
        for line in others {
            assert!(!leaves(line), "{line}");
        }
    }
}
