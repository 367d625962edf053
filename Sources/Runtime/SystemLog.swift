import Glibc

/// What libraries below riskd write to the system's log by themselves.
package enum SystemLog {
    /// Keeps Dispatch from telling the system's log what nobody can do anything about.
    ///
    /// It sets its threads' niceness, that of the one that waits for events to -4, and complains where it may not, at every
    /// start: in a container, or as a user without `LimitNICE=`. Nothing depends on it, and Dispatch has no other way to be
    /// told. `LIBDISPATCH_LOG` counts where somebody has set it. To be called first of all, while there is one thread.
    package static func quietDispatch() { setenv("LIBDISPATCH_LOG", "NO", 0) }
}
