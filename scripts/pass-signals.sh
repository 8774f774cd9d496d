# Read by other scripts (`.`): runs a command, passes signals on to it, and sets `status` to its exit status.
run_and_pass_signals() {
    # A shell starts what it does not wait for at once without these two signals; tests send them.
    env --default-signal=INT,QUIT "$@" &
    command=$!
    trap 'kill -TERM "$command" 2>/dev/null || true' INT TERM HUP

    # A signal ends one wait, not the command.
    status=0
    wait "$command" || status=$?
    while kill -0 "$command" 2>/dev/null; do
        status=0
        wait "$command" || status=$?
    done
}
