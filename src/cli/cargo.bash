
# `cargo safe-map-lint ..`; all other commands of cargo are completed by what completed them before this was read.
if ! complete -p cargo &>/dev/null; then
    for _cargo_safe_map_lint_load in _comp_load __load_completion; do
        declare -F "${_cargo_safe_map_lint_load}" >/dev/null && "${_cargo_safe_map_lint_load}" cargo && break
    done &>/dev/null
    unset _cargo_safe_map_lint_load
fi
if [[ "$(complete -p cargo 2>/dev/null)" =~ -F\ ([^ ]+) && "${BASH_REMATCH[1]}" != _cargo_safe_map_lint_by_cargo ]]; then
    _cargo_safe_map_lint_others="${BASH_REMATCH[1]}"
fi
_cargo_safe_map_lint_by_cargo() {
    local at=1 prev="$3"
    [[ "${COMP_WORDS[1]}" == +* ]] && at=2
    if [[ COMP_CWORD -gt at && "${COMP_WORDS[at]}" == safe-map-lint ]]; then
        COMP_WORDS=(cargo-safe-map-lint "${COMP_WORDS[@]:at + 1}")
        COMP_CWORD=$((COMP_CWORD - at))
        [[ COMP_CWORD -eq 1 ]] && prev=cargo-safe-map-lint
        _cargo_safe_map_lint cargo-safe-map-lint "$2" "${prev}"
    elif [[ -n "${_cargo_safe_map_lint_others:-}" ]]; then
        "${_cargo_safe_map_lint_others}" "$@"
    fi
}
complete -F _cargo_safe_map_lint_by_cargo -o bashdefault -o default cargo
