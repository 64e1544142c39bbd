//! Which shell runs a script.

use std::path::{Path, PathBuf};

use super::open::read_list;

/// Shells that are taken when the system lists them, best first.
const WANTED: [&str; 4] = ["/usr/bin/zsh", "/bin/zsh", "/usr/bin/bash", "/bin/bash"];

/// The POSIX shell.
pub(super) const POSIX: &str = "/bin/sh";

/// The shell of this sandbox: a good one of `/etc/shells`, else `$SHELL`, else
/// the POSIX shell.
pub(super) fn preferred() -> PathBuf {
    let listed = read_list(Path::new("/etc/shells"));
    match first_listed(&listed) {
        Some(shell) => PathBuf::from(shell),
        None => match std::env::var_os("SHELL").filter(|shell| !shell.is_empty()) {
            Some(shell) => PathBuf::from(shell),
            None => PathBuf::from(POSIX),
        },
    }
}

fn first_listed(shells: &str) -> Option<&'static str> {
    let lines = || shells.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    WANTED.into_iter().find(|wanted| lines().any(|line| line.contains(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_do_not_count_and_the_best_wins() {
        assert_eq!(first_listed("# /bin/zsh\n/bin/sh\n/usr/bin/bash\n"), Some("/usr/bin/bash"));
        assert_eq!(first_listed("/bin/bash\n/bin/zsh\n"), Some("/bin/zsh"));
        assert_eq!(first_listed("/bin/dash\n"), None);
    }
}
