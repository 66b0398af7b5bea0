# shellcheck shell=bash disable=SC2154
# What the steps of tests/run are made with, and how they are run and counted.

verdict() { # NAME COMMAND...: "ok" if the command succeeds
	if "${@:2}"; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		return 1
	fi
}

skip() { echo "ok - $1 # SKIP $2"; }

# What these make is gone with them, so that it need not lie on a disk, which every commit of every
# store would wait for.
in_memory() { # COMMAND...
	local room status=0
	room=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
	TMPDIR=$room "$@" || status=$?
	rm -rf "$room"
	return "$status"
}

compile() { # FOLDER TARGET [MESON OPTION]...
	local log=$logs/setup-$1.log
	[ -f "$build/$1/build.ninja" ] || meson setup "$build/$1" --werror "${@:3}" >"$log" 2>&1 || {
		cat "$log"
		return 1
	}
	ninja --quiet -C "$build/$1" "$2"
}

sanitized() {
	CC=gcc compile sanitized all -Dtests=enabled -Db_sanitize=address,undefined -Db_lundef=false
}

formatted() {
	local found=$logs/clang-format.txt
	git ls-files -z --cached --others --exclude-standard '*.c' '*.h' |
		xargs -0 clang-format --dry-run -Werror 2>"$found" && return
	grep -v ': error: code should be clang-formatted' "$found" | grep error:
	echo 'clang-format -i' $(sed -n 's/:[0-9].* error: .*//p' "$found" | sort -u)
	return 1
}

# The step `build` has said why, if it was run.
needs_build() {
	sanitized >"$logs/needed.log" 2>&1 && return
	[ -z "$only" ] || cat "$logs/needed.log"
	echo 'not ok - there is no build to test'
	return 1
}

meson_suite() {
	local results=$build/sanitized/meson-logs/$1.json
	rm -f "$results"
	# Those on a network mostly wait.
	in_memory meson test -C "$build/sanitized" --quiet --no-rebuild --suite "$1" --logbase "$1" -t 3 \
		--num-processes $((3 * $(nproc)))
	python3 tests/support/tap.py meson "$results"
}

pytest() { # NAME FOLDER [OPTION...]
	local results=$logs/$1.xml python=/usr/bin/python3
	[ -x $python ] || python=python3 # not Debian: whichever has pytest
	rm -f "$results"
	$python -m pytest -q -p no:cacheprovider --junitxml="$results" "${@:2}"
	python3 tests/support/tap.py junit "$results"
}

usage() {
	sed -n '2,/^set/{/^set/d; s/^# \{0,1\}//p;}' tests/run
	echo 'Steps:'
	printf '  %s\n' "${steps[@]}"
	echo 'Long steps:'
	printf '  %s\n' "${long_steps[@]}"
	exit
}

wrong() {
	echo "tests/run: $1; see tests/run -h" >&2
	exit 64
}

bless() {
	[ "$ci" = true ] && wrong 'expectations are written by people, not in CI'
	[ $# -gt 0 ] || wrong '--bless needs scripts'
	mkdir -p "$logs"
	needs_build || exit 1
	exec python3 tests/support/scripts.py --bless "$KITH" "$@"
}

one_step() { # leaves only the step $only
	local step
	for step in "${steps[@]}" "${long_steps[@]}"; do
		if [ "${step%% *}" = "$only" ]; then
			steps=("$step")
			return
		fi
	done
	wrong "there is no step $only"
}

passed=0 failed=0 skipped=0

run_step() { # NAME
	local log=$logs/$1.log start=$SECONDS status=0 good bad skips allowed='no excuse'

	"step_$1" >"$log" 2>&1 </dev/null || status=$?
	if [ "$ci" = true ]; then
		# Nothing may be skipped but what needs data that is not part of the repository.
		[ -d ../shared/data ] || allowed='shared/data'
		sed -i "/# SKIP/{\\|$allowed|!s/^ok /not ok /}" "$log"
	fi
	if ! grep -qE '^(not )?ok ' "$log" || { [ $status != 0 ] && ! grep -q '^not ok ' "$log"; }; then
		echo "not ok - $1 ended with status $status" >>"$log"
	fi
	bad=$(grep -c '^not ok ' "$log")
	skips=$(grep -c '^ok .*# SKIP' "$log")
	good=$(($(grep -c '^ok ' "$log") - skips))
	passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + skips))

	[ "$bad" = 0 ] && [ "$1" != bench ] || grep -v '^ok ' "$log"
	sed -n 's/^ok - \(.*\) # SKIP /          skipped: \1: /p' "$log"
	printf '          %s\n' "$good passed, $bad failed, $skips skipped ($((SECONDS - start)) s)"
}

run_steps() {
	local step more=()

	[ "$long" = true ] && more=(matrix)
	deploy/packages build tests servers "${more[@]}" || exit
	mkdir -p "$logs"
	for step in "${steps[@]}"; do
		echo "$step"
		run_step "${step%% *}"
	done
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}
