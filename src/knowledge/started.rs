//! What well-known programs do when a container starts them.

use crate::knowledge::base_name;

/// Programs that run and watch several others.
const SUPERVISORS: &[&str] = &[
    "supervisord",
    "runsvdir",
    "runsvdir-start",
    "runit",
    "runit-init",
    "s6-svscan",
    "my_init",
    "circusd",
    "monit",
    "systemd",
    "honcho",
    "foreman",
    "overmind",
    "pm2",
];

/// Packages that bring a supervisor.
const SUPERVISOR_PACKAGES: &[&str] = &["supervisor", "runit", "s6", "monit", "circus", "honcho"];

/// Programs that run the rest of their words as a command.
const WRAPPERS: &[&str] = &[
    "tini",
    "tini-static",
    "dumb-init",
    "catatonit",
    "docker-init",
    "env",
    "exec",
    "gosu",
    "su-exec",
    "setpriv",
    "chroot",
    "nice",
    "ionice",
    "stdbuf",
    "timeout",
    "time",
    "xvfb-run",
    "nohup",
    "setsid",
    "sudo",
    "with-contenv",
    "strace",
    "numactl",
    "unshare",
    "catchsegv",
];

/// Programs that take a root process down to another user.
const DROPPERS: &[&str] = &[
    "gosu",
    "su-exec",
    "setpriv",
    "s6-setuidgid",
    "setuidgid",
    "runuser",
    "fixuid",
    "chpst",
    "setuser",
    "start-stop-daemon",
    "su",
    "sudo",
];

/// Servers that start as root to open ports or to act for several users, and give root up for their workers.
const START_AS_ROOT: &[&str] = &[
    "nginx",
    "httpd",
    "httpd-foreground",
    "apache2",
    "apache2-foreground",
    "apache2ctl",
    "apachectl",
    "php-fpm",
    "sshd",
    "cron",
    "crond",
    "rsyslogd",
    "named",
    "haproxy",
    "dnsmasq",
    "openvpn",
    "postfix",
    "dovecot",
    "vsftpd",
    "smbd",
    "slapd",
    "squid",
    "unbound",
    "mysqld",
    "mysqld_safe",
    "dockerd",
    "containerd",
    "init",
    "lighttpd",
    "varnishd",
    "keepalived",
    "tor",
    "strongswan",
    "pure-ftpd",
    "proftpd",
    "mosquitto",
    "ntopng",
    "tinyproxy",
    "shellinaboxd",
    "rabbitmq-server",
    "rsync",
    "xinetd",
    "inetd",
    "exim",
    "exim4",
    "opendkim",
    "clamd",
    "freshclam",
    "zabbix_server",
    "zabbix_agentd",
    "ntpd",
    "chronyd",
    "radiusd",
    "freeradius",
    "avahi-daemon",
    "snmpd",
    "stunnel",
    "stunnel4",
    "pdns_server",
    "pdns_recursor",
    "nsd",
    "dropbear",
];

/// Programs that only root may use: they set up networks, mount file systems or change their root, or start what
/// changes the user by itself.
const NEED_ROOT: &[&str] = &[
    "iptables",
    "ip6tables",
    "nft",
    "ip",
    "ipsec",
    "charon",
    "xl2tpd",
    "pppd",
    "dsvpn",
    "wg",
    "wg-quick",
    "hostapd",
    "in.tftpd",
    "glusterd",
    "vpp",
    "mitmf",
    "tcpdump",
    "mount",
    "modprobe",
    "sysctl",
    "service",
    "systemctl",
    "invoke-rc.d",
    "rc-service",
];

/// Options by which a server is told the user to change to.
const USER_OPTIONS: &[&str] =
    &["--user", "--uid", "--gid", "--group", "--setuid", "--setgid", "--username", "--runas", "--chuid", "--run-as"];

/// Shells, which say nothing of what the container is for.
const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh", "fish", "ksh", "pwsh", "powershell", "cmd"];

/// Whether a program runs and watches several others.
#[must_use]
pub fn is_supervisor(program: &str) -> bool {
    SUPERVISORS.contains(&base_name(program))
        || matches!(program, "/sbin/init" | "/usr/sbin/init" | "/lib/systemd/systemd")
}

/// Whether a package brings a supervisor.
#[must_use]
pub fn brings_supervisor(package: &str) -> bool {
    SUPERVISOR_PACKAGES.contains(&package)
}

/// Whether a program runs the rest of its words as a command.
#[must_use]
pub fn runs_its_words(program: &str) -> bool {
    WRAPPERS.contains(&base_name(program))
}

/// Whether a program takes a root process down to another user.
#[must_use]
pub fn drops_root(program: &str) -> bool {
    DROPPERS.contains(&base_name(program))
}

/// Whether a server starts as root and gives root up for its workers.
#[must_use]
pub fn starts_as_root(program: &str) -> bool {
    let name = base_name(program);
    START_AS_ROOT.contains(&name) || name.starts_with("php") && name.contains("fpm")
}

/// Whether only root may use a program, or it starts what changes the user by itself.
#[must_use]
pub fn needs_root(program: &str) -> bool {
    NEED_ROOT.contains(&base_name(program)) || program.contains("/init.d/")
}

/// Whether an option tells a server the user to change to: `--user privoxy`, `-u hts`.
///
/// The short ones mean something else to an interpreter: `python -u`.
#[must_use]
pub fn names_user(option: &str, program: &str) -> bool {
    let name = option.split('=').next().unwrap_or(option);
    USER_OPTIONS.contains(&name) || matches!(option, "-u" | "-U") && !is_interpreter(program)
}

/// Whether a program is a shell.
#[must_use]
pub fn is_shell(program: &str) -> bool {
    SHELLS.contains(&base_name(program))
}

/// Whether a program runs the script that its first argument names.
#[must_use]
pub fn is_interpreter(program: &str) -> bool {
    let name = base_name(program);
    let versioned =
        |stem: &str| name.strip_prefix(stem).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    ["python", "php", "ruby", "perl"].into_iter().any(versioned) || matches!(name, "node" | "deno" | "bun")
}

/// Whether a program reads the words behind it as its own arguments, and runs none of them; what the script of an
/// interpreter does with them is another matter.
#[must_use]
pub fn keeps_its_words(program: &str) -> bool {
    is_interpreter(program)
        || matches!(
            base_name(program),
            "java" | "dotnet" | "gunicorn" | "uvicorn" | "flask" | "celery" | "nginx" | "httpd"
        )
}

/// The number of words at the start of a command that only run the rest of it: `tini -- `, `gosu app `.
#[must_use]
pub fn wrapper_len<S: AsRef<str>>(words: &[S]) -> usize {
    let mut at = 0;
    while at + 1 < words.len() && runs_its_words(words[at].as_ref()) {
        let name = base_name(words[at].as_ref());
        at += 1;
        while at + 1 < words.len() && is_wrapper_word(words[at].as_ref()) {
            at += 1;
        }
        // These name a user or a limit first.
        if matches!(name, "gosu" | "su-exec" | "timeout" | "chroot") && at + 1 < words.len() {
            at += 1;
        }
    }
    at
}

fn is_wrapper_word(word: &str) -> bool {
    word.starts_with('-') || word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappers_are_passed_over() {
        assert_eq!(wrapper_len(&["/usr/bin/tini", "--", "supervisord"]), 2);
        assert_eq!(wrapper_len(&["gosu", "app", "python", "x.py"]), 2);
        assert_eq!(wrapper_len(&["env", "A=b", "node"]), 2);
        assert_eq!(wrapper_len(&["node", "x"]), 0);
        assert_eq!(wrapper_len(&["tini"]), 0);
    }

    #[test]
    fn versions_belong_to_the_name() {
        assert!(keeps_its_words("/usr/bin/python3.11"));
        assert!(!keeps_its_words("python-wrapper"));
    }
}
