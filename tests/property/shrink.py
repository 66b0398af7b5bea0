"""The shortest part of a script that still fails, by delta debugging."""
import time


def shrink(lines, fails, seconds):
    """`fails` says of a list of lines whether it fails as the whole does. Gives up improving after
    `seconds`."""
    until = time.monotonic() + seconds
    parts = 2
    while len(lines) > 1 and time.monotonic() < until:
        size = -(-len(lines) // parts)
        for start in range(0, len(lines), size):
            rest = lines[:start] + lines[start + size:]
            if time.monotonic() > until:
                return lines
            if rest and fails(rest):
                lines, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                return lines
            parts = min(parts * 2, len(lines))
    return lines
