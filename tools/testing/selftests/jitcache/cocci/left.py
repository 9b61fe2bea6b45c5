#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""left.py SMPL LOG CHANGED FILE...: what the conversion leaves, and why.

LOG is what Coccinelle wrote on stderr, CHANGED lists the files that it changed. A mention
that LOG has no reason for is looked at here: with the words and expressions of the
semantic patch SMPL, which are the first Python in it.
"""

import re
import sys

VAGUE = "not seen as a call, or an argument of a macro"
ASSEMBLY = "used in assembly"
NAME = r"\bmodule_(?:alloc|memfree|free)\b"
DEFINITION = re.compile(rf"(?!.*\bstatic\b)[\w \t*]*{NAME}\s*\([^(){{}};]*\)\s*\{{")
PROTOTYPE = re.compile(rf"\s*(?!return\b|else\b)(?:\w+\s+)+\**\s*{NAME}\s*\([^()]*\)\s*;")
NO_CALLEE = r"(?:if|for|while|switch|return|\w*sizeof|\w*typeof\w*|module_\w+)\b"
CALLEE = re.compile(rf"(?<![\w>.])(?!{NO_CALLEE})(\w+)\s*\("
                    r"(?:[^(){};]|\((?:[^()]|\([^()]*\))*\))*[(\s*&]*$")
REMARK = re.compile(r"(?:\./)?([^:]+):(\d+):(\d+)-\d+: (\w+) is left: (.*)")


def script_of(path):
    """Return the names that the semantic patch defines for itself."""
    names = {}
    with open(path, encoding="utf-8") as file:
        text = file.read()
    exec(re.search(r"@initialize:python@\n@@\n(.*?)\n//", text, re.S).group(1), names)
    return names


def remarks_of(path):
    """Return the reasons in a log, by file, line and column."""
    with open(path, encoding="utf-8", errors="replace") as file:
        found = filter(None, map(REMARK.fullmatch, file.read().splitlines()))
    return {(m[1], int(m[2]), int(m[3])): m[5] for m in found}


def compiled_out(lines):
    """Return whether the last of the lines is in an #if 0."""
    ifs = []
    for line in lines:
        m = re.match(r"\s*#\s*(if|el|endif)(.*)", line)
        if m and m[1] == "if":
            ifs.append(m[2].strip() == "0")
        elif m and ifs:
            ifs.pop()
            if m[1] == "el":
                ifs.append(False)
    return any(ifs)


def kind_of(smpl, name, lines, n, m):
    """Return what kind of place a mention stands in."""
    line, before = lines[n - 1], lines[n - 1][:m.start()]
    above = "\n".join(lines[max(0, n - 9):n - 1] + [before])
    below = "\n".join(lines[n - 1:n + 4])
    start = n - 1
    while start and lines[start - 1].endswith("\\"):
        start -= 1
    directive = re.match(r"\s*#\s*(\w+)", lines[start])
    callee = CALLEE.search(above[-400:])
    if compiled_out(lines[:n]):
        return "under #if 0"
    if re.search(r"\b_*asm(_\w*)?([\s\\]+\w+)*[\s\\]*\([^;{}]*$", above):
        return ASSEMBLY
    if before.endswith('"'):
        return "looked up by name"
    if DEFINITION.match(below):
        return "a definition"
    if PROTOTYPE.match(below):
        return "a prototype"
    if re.search(r"\bstatic\b[^;{}()]*$|\(\s*\*\s*$", above) or (
            re.search(r"^\s*(?!return|else|case|goto)(?:\w+\s+)+\**$", before)
            and re.match(r"\s*[;,=]", line[m.end():])):
        return "a function or variable of the file itself"
    if directive and re.search(r"define\s+$", before):
        return "a macro of that name"
    if re.search(r"#\s*$", before) or re.match(r"\s*##", line[m.end():]):
        return "a macro makes a name or a string of it"
    if directive:
        return f"in #{directive[1]}"
    if callee and not re.match(r"\s*\(", line[m.end():]):
        return f"{callee[1]}() may make a name or a string of it"
    return "Coccinelle cannot convert or cannot parse it"


def main():
    smpl = script_of(sys.argv[1])
    remarks = remarks_of(sys.argv[2])
    with open(sys.argv[3], encoding="utf-8") as file:
        changed = set(file.read().splitlines())
    for name in sys.argv[4:]:
        code = smpl["code_of"](name)[1]
        lines = code.split("\n")
        for n, line in enumerate(lines, 1):
            for m in re.finditer(smpl["NAME"], line):
                above = "\n".join(lines[max(0, n - 30):n - 1] + [line[:m.start()]])
                why = remarks.get((name, n, m.start()))
                if name.endswith(".S"):
                    why = ASSEMBLY
                elif re.search(smpl["MEMBER"] + r"|\bTRACE_EVENT\w*\($", above) or (
                        name in changed and not why):
                    continue
                elif not why or why == VAGUE:
                    why = kind_of(smpl, name, lines, n, m)
                print(f"{name}:{n}:{m.start()}: {m.group()} is left: {why}")


if __name__ == "__main__":
    main()
