// SPDX-License-Identifier: GPL-2.0-only
///
/// Take executable memory from a jit_cache instead of module_alloc(), and give
/// it back with jit_free() instead of module_memfree() or module_free().
///
//# A file that allocates gets a cache of type JIT_RAW, so nothing changes
//# but where memory comes from. Name and range of the cache follow from the path
//# of the file.
//#
//# Whatever is left as it is, is reported, with the reason. Patch and context
//# mode do so on stderr. Left are
//# - definitions of module_alloc() and its kin, and what is inside them;
//# - all of a file that has a module_alloc of its own (static, macro, pointer);
//# - the symbol as a string, in #if, with ##, or as an argument of a macro;
//# - module_free() whose first argument has side effects;
//# - code under #if 0, and code that Coccinelle can't parse.
//# Comments aren't looked at.
//#
//# Not covered: assembly; calls through a pointer that was looked up by name;
//# execmem_alloc() of 6.10 and later; files in which Coccinelle can read no
//# mention of these functions at all: they are opened with "-D every" only.
//#
//# For trees from 5.4 to 6.9. See Documentation/core-api/module_alloc.rst.
//
// Confidence: High
// Copyright: (C) 2026 the jit_cache authors
// Options: --no-includes --include-headers
// Requires: 1.1.1
// Keywords: module_alloc, module_memfree, module_free, jit_cache

virtual patch
virtual context
virtual org
virtual report

// No mode: look into every file that is given.
virtual every

//----------------------------------------------------------
//  What the scripts share
//----------------------------------------------------------

// Coccinelle's lexer goes over Python too: no single quote may be in it, nor what
// starts a comment of C.

@initialize:python@
@@
import os
import re
import sys

WORDS = ("module_alloc", "module_memfree", "module_free")
USAGE = {"module_alloc": "module_alloc(size)",
         "module_memfree": "module_memfree(region)",
         "module_free": "module_free(mod, region)"}

# What no reader of the report may miss.
UNREADABLE = "ERROR: Coccinelle can" + chr(39) + "t parse the code around it"

NOTHING = ": calls 0, values 0, frees 0, prototypes 0, left 0\n"

ASSEMBLY = r"\b(module_(?:alloc|memfree|free))\b"

SLASH = "/"
QUOTE = chr(39)

# C, as far as it takes to tell code from comments and strings.
TOKEN = re.compile(
    "(?P<comment>" + SLASH + r"\*.*?\*" + SLASH +
    "|" + SLASH + SLASH + r"(?:\\\n|[^\n])*)"
    r"|(?P<string>\"(?:\\.|[^\"\\\n])*\")"
    "|(?P<char>" + QUOTE + r"(?:\\.|[^\\\n])+?" + QUOTE + ")"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)"
    r"|(?P<join>\\\n)|(?P<newline>\n)|(?P<space>[ \t\f\r]+)"
    r"|(?P<other>->|\#\#|.)", re.S)


class Token(object):
    # directive: of the preprocessor, that it is part of; record: inside struct or
    # union; nest: the branches of #if that it is in, each as line, number, compiled.
    def __init__(self, kind, text, line, start, offset):
        self.kind = kind
        self.text = text
        self.at = (line, offset - start)
        self.offset = offset
        self.directive = None
        self.record = False
        self.nest = ()


def tokens_of(text):
    line = 1
    start = 0
    for m in TOKEN.finditer(text):
        if m.lastgroup not in ("comment", "join", "space"):
            yield Token(m.lastgroup, m.group(), line, start, m.start())
        if "\n" in m.group():
            line += m.group().count("\n")
            start = m.start() + m.group().rindex("\n") + 1


def path_in_tree(name):
    """Where a file stands in its kernel tree, if that is found."""
    path = os.path.abspath(name)
    root = os.path.dirname(path)
    while root != os.path.dirname(root):
        if (os.path.exists(os.path.join(root, "Kbuild")) and
                os.path.exists(os.path.join(root, "MAINTAINERS"))):
            return os.path.relpath(path, root)
        root = os.path.dirname(root)
    return os.path.relpath(path)


def common(nests):
    """The #if branches that all are in."""
    nests = list(nests)
    n = 0
    while all(n < len(nest) and nest[n] == nests[0][n] for nest in nests):
        n += 1
    return nests[0][:n]


class Place(object):
    # What coccilib asks a position for.
    def __init__(self, name, at, text):
        self.file = name
        self.line, self.column = at
        self.line_end = self.line
        self.column_end = self.column + len(text)


class Site(object):
    # A use. kind: call, free, free2 or value; element and start: name and first line
    # of the function or declaration around it; why: the reason to leave it, or None.
    def __init__(self, word, kind, element, start):
        self.word = word
        self.kind = kind
        self.element = element
        self.start = start
        self.why = None


class File(object):
    # name of a file: all that is known of it. The first part is what can be read
    # without Coccinelle.

    def __init__(self, name):
        self.name = name
        self.path = path_in_tree(name)
        self.sites = {}         # position: Site
        self.macros = {}        # line: arguments of DEFINE_FREE(), words in them
        self.definitions = set()
        self.prototypes = {}    # position: word
        self.own = set()        # words that mean something else here
        self.functions = {}     # line: name, last line
        self.declarations = set()
        self.includes = {}      # line: text
        self.hints = set()
        self.pasting = set()    # macros with # or ##
        self.planned = False
        self.after = []         # what is there in the end, see check()
        with open(name, "rb") as f:
            self.text = f.read().decode("latin-1")
        self.lines = self.text.split("\n")
        self.nest_at = [None] * (len(self.lines) + 2)
        self.tokens = []
        self.read()
        self.index = dict((t.at, i) for i, t in enumerate(self.tokens))

    def read(self):
        nest = []
        braces = []
        directive = None
        macro = None
        fresh = True
        for t in tokens_of(self.text):
            if t.kind == "newline":
                directive = None
                fresh = True
                continue
            if t.text == "#" and fresh:
                directive = "#"
            elif directive == "#":
                directive = t.text
                macro = None
                self.read_condition(nest, t)
            elif directive == "define" and macro is None:
                macro = t.text
                self.own.update(w for w in WORDS if w == macro)
            elif directive == "define" and t.text in ("#", "##"):
                self.pasting.add(macro)
            elif not directive and t.text == "{":
                last = [x.text for x in self.tokens[-2:]]
                braces.append("struct" in last or "union" in last)
            elif not directive and t.text == "}" and braces:
                braces.pop()
            fresh = False
            t.directive = directive
            t.record = bool(braces and braces[-1])
            t.nest = tuple(nest)
            self.nest_at[t.at[0]] = t.nest
            self.tokens.append(t)
        for line in range(len(self.nest_at)):
            if self.nest_at[line] is None:
                self.nest_at[line] = self.nest_at[line - 1] if line else ()
        for i, t in enumerate(self.tokens):
            around = [self.near(i, n) for n in (-2, -1, 1, 2)]
            if t.text in WORDS and around == ["(", "*", ")", "("] and not t.record:
                self.own.add(t.text)

    def read_condition(self, nest, t):
        if t.text in ("if", "ifdef", "ifndef"):
            dead = re.match(r"\s*#\s*if\s+0\s*$", self.lines[t.at[0] - 1])
            nest.append((t.at[0], 0, not dead))
        elif t.text in ("elif", "else") and nest:
            nest[-1] = (nest[-1][0], nest[-1][1] + 1, True)
        elif t.text == "endif" and nest:
            nest.pop()

    def near(self, i, n):
        return self.tokens[i + n].text if 0 <= i + n < len(self.tokens) else ""

    def callee(self, i):
        """What token i is an argument of."""
        depth = 0
        while i > 1:
            i -= 1
            text = self.tokens[i].text
            if text == ")":
                depth += 1
            elif text == "(" and not depth:
                return self.tokens[i - 1].text
            elif text == "(":
                depth -= 1
            elif text in ("{", "}", ";"):
                break
        return ""

    # What Coccinelle sees.

    def see(self, p, kind):
        if at(p) not in self.sites:
            line, column = at(p)
            start = int(p.current_element_line)
            # Macros have no start, and functions that a macro makes a wrong one.
            if (p.current_element == "something_else" or
                    not start <= line <= int(p.current_element_line_end)):
                start = line
            word = self.lines[line - 1][column:int(p.column_end)]
            self.sites[at(p)] = Site(word, kind, p.current_element, start)
        return self.sites[at(p)]

    def see_include(self, p):
        """Not what --include on the command line adds."""
        m = re.match(r"\s*#\s*include\s*([<\"][^>\"]*[>\"])", self.lines[at(p)[0] - 1])
        if m and p.file == self.name:
            self.includes[at(p)[0]] = m.group(1)

    def see_macro(self, p):
        """DEFINE_FREE() and its kin: Coccinelle skips arguments that are statements."""
        first = i = self.index[at(p)] + 2
        depth = 1
        while depth and i < len(self.tokens):
            depth += {"(": 1, ")": -1}.get(self.tokens[i].text, 0)
            i += 1
        words = [t for t in self.tokens[first:i] if t.text in WORDS]
        if words:
            self.macros[at(p)[0]] = (
                self.text[self.tokens[first].offset:self.tokens[i - 1].offset], words)

    def see_written(self, x, p):
        if x.current_element == p.current_element:
            self.hints.add(at(p))

    # What is done about it.

    def plan(self):
        if self.planned:
            return
        self.planned = True
        self.choose_names()
        for place, site in self.sites.items():
            site.why = self.why_not(self.index.get(place), site)
        for line, (text, words) in list(self.macros.items()):
            seen = [t.at for t in words if t.at in self.sites]
            if (self.own or len(seen) == len(words) or
                    any(word in self.macro_text(line) for word in WORDS)):
                del self.macros[line]
            else:
                for place in seen:
                    del self.sites[place]
        lines = self.lines_of(self.allocates)
        self.anchor = None
        if lines and not self.has_cache:
            self.anchor = self.place_of_cache(lines)
            if not self.anchor:
                self.give_up("no #include to define the cache after")
        self.define = "DEFINE_STATIC_JIT_CACHE"
        if self.anchor and self.anchor[0] in ("function", "declaration"):
            above = [t for t in self.tokens if t.at[0] < self.anchor[2]][-1:]
            if (above and above[0].directive in (None, "include") and
                    self.lines[above[0].at[0]].strip()):
                self.define = "\n" + self.define
        lines = self.lines_of(lambda word: True)
        self.header = None
        if lines and "<linux/jitcache.h>" not in self.includes.values():
            self.header = self.place_of_include(lines)
            if not self.header:
                self.give_up("no #include to put that of <linux/jitcache.h> beside")

    def give_up(self, why):
        for site in self.converted():
            site.why = why
        self.macros = {}
        self.anchor = None

    def choose_names(self):
        path = SLASH + self.path
        base = os.path.basename(path)
        near = path.split(SLASH)[-2] + SLASH + base
        kind = "MODULES"
        if re.match(r"/kernel/module(/|\.c$)", path):
            stem = "module"
        elif re.match(r"/(kernel/bpf|arch/[^/]+/net)/", path):
            stem, kind = "bpf", "BPF"
        elif "kprobes" in near:
            stem, kind = "kprobes", "KPROBES"
        elif "ftrace" in near:
            stem, kind = "ftrace", "FTRACE"
        elif re.match(r"/arch/[^/]+/kernel/module[^/]*\.c$", path):
            stem = "module_arch"
        else:
            stem = re.sub(r"\W", "_", base.rsplit(".", 1)[0])
            if stem[:1].isdigit():
                stem = "_" + stem
        self.title = "\"%s\"" % stem
        self.start = "JIT_%s_START" % kind
        self.end = "JIT_%s_END" % kind
        # The module loader has a second range to try.
        self.loader = self.path in ("kernel/module/main.c", "kernel/module.c")
        self.far = "module_far_jit"
        taken = set(t.text for i, t in enumerate(self.tokens)
                    if self.near(i, -1) not in ("struct", "union"))
        self.has_cache = any(t.text == stem + "_jit" and
                             self.near(i, -2).endswith("JIT_CACHE")
                             for i, t in enumerate(self.tokens))
        self.cache = stem + "_jit"
        if self.cache in taken and not self.has_cache:
            self.cache = stem + "_jit_cache"
        self.helper = self.cache + "_alloc"
        self.has_helper = self.helper in taken

    def why_not(self, i, site):
        """Why the use at token i is left as it is, or None."""
        if i is None:
            return "Coccinelle is confused about where it is"
        if self.own:
            return "this file has a %s of its own" % sorted(self.own)[0]
        if site.element in WORDS:
            return "inside the definition of %s()" % site.element
        if site.kind == "free2" and re.search(r"\(|\+\+|--|[^=!<>]=[^=]", site.module):
            return "the first argument of module_free() has side effects"
        if site.kind != "value":
            return None
        callee = self.callee(i)
        if self.near(i, 1) == "(":
            return "not called as " + USAGE[site.word]
        if "typeof" in callee:
            return "only its type is used, for what comes from elsewhere"
        if callee in self.pasting:
            return "%s() makes a name or a string of it" % callee
        if callee.isupper() and callee not in ("READ_ONCE", "WRITE_ONCE"):
            return "%s() may make a name or a string of it" % callee
        if site.word == "module_free":
            return "jit_free() has one argument less"
        return None

    def converted(self):
        return [site for site in self.sites.values() if not site.why]

    def macro_words(self):
        return [t for text, words in self.macros.values() for t in words]

    def allocates(self, word):
        return word == "module_alloc"

    def lines_of(self, test):
        """Where functions, declarations and macros begin that have such a word."""
        lines = [site.start for site in self.converted() if test(site.word)]
        lines += [line for line, (text, words) in self.macros.items()
                  if any(test(t.text) for t in words)]
        return sorted(lines)

    def place_of_cache(self, lines):
        """Before the first user; if that is in an #if that others are not in, before
        this #if: after the function above it, or after the #includes."""
        first = lines[0]
        nest = common(self.nest_at[line] for line in lines)
        if self.nest_at[first] == nest:
            if first in self.functions:
                return ("function", self.functions[first][0], first)
            if first in self.declarations:
                names = [s.element for s in self.converted() if s.start == first]
                return ("declaration", names[0] if names else "", first)
        names = [name for name, end in self.functions.values()]
        above = [line for line in self.functions if line < first and
                 self.functions[line][1] < first and self.nest_at[line] == nest and
                 names.count(self.functions[line][0]) == 1]
        if above:
            return ("after", self.functions[max(above)][0], max(above))
        above = [line for line in self.plain_includes() if line < first]
        if above and max(above) == max(self.plain_includes()):
            return (self.includes[max(above)][0], "", max(above))
        return None

    def place_of_include(self, lines):
        first = lines[0]
        if self.anchor:
            first = min(first, self.anchor[2] + (self.anchor[0] in ("<", "\"")))
            lines = lines + [first]
        nest = common(self.nest_at[line] for line in lines)
        loader = [line for line in self.includes
                  if self.includes[line] == "<linux/moduleloader.h>"]
        if (len(loader) == 1 and loader[0] < first and
                nest[:len(self.nest_at[loader[0]])] == self.nest_at[loader[0]]):
            return "loader"
        plain = self.plain_includes()
        for kind in ("<linux/", "<", "\""):
            these = [line for line in plain if self.includes[line].startswith(kind)]
            if these and max(these) < first:
                return "last " + kind
            if these and min(these) < first:
                return "first " + kind
        return None

    def plain_includes(self):
        """Those outside of any #if, which a pattern with dots finds the first and the
        last of. The guard of a header does not count."""
        guard = 1 if self.name.endswith(".h") else 0
        return [line for line in self.includes if len(self.nest_at[line]) <= guard]

    def new_word(self, site):
        if site.word != "module_alloc":
            return "jit_free"
        if site.kind == "value" or self.loader:
            return self.helper
        return "jit_cache_alloc"

    def macro_text(self, line):
        text = re.sub(r"\bmodule_memfree\(", "jit_free(", self.macros[line][0])
        call = self.helper + "(" if self.loader else "jit_cache_alloc(&%s, " % self.cache
        return re.sub(r"\bmodule_alloc\(", call, text)

    def needs_helper(self):
        return not self.has_helper and any(self.new_word(site) == self.helper
                                           for site in self.converted())

    def text_of_helper(self):
        """Its name, and if users are in an #if that it is not in, an attribute."""
        if self.anchor and self.anchor[0] not in ("function", "declaration"):
            return "__maybe_unused " + self.helper
        return self.helper

    def keeps_prototypes(self):
        return (self.path == "include/linux/moduleloader.h" or
                bool(self.definitions or self.own))

    def is_anchor(self, p):
        """Does the cache go before this? Its first user was changed already, so
        Coccinelle has it in a file of its own."""
        if not self.anchor or self.anchor[1] != p.current_element:
            return False
        return p.file != self.name or int(p.current_element_line) == self.anchor[2]

    def check(self):
        """Is everything done that was planned? An error makes Coccinelle leave the
        file as it was."""
        wanted = []
        if self.anchor:
            wanted.append(self.cache)
        if self.header:
            wanted.append("include")
        wanted += ["use" for site in self.sites.values() if site.why]
        if sorted(self.after) != sorted(wanted):
            raise RuntimeError("%s: planned %s, done %s" % (
                self.name, sorted(wanted), sorted(self.after)))

    # What there is to say.

    def advice(self, word, kind):
        if word != "module_alloc":
            return "use jit_free()"
        if self.loader:
            return ("use jit_cache_alloc() of a cache from %s to %s, then of one from "
                    "JIT_MODULES_FAR_START to JIT_MODULES_FAR_END" % (self.start, self.end))
        return "use %s of a cache from %s to %s" % (
            "a function that calls jit_cache_alloc()" if kind == "value"
            else "jit_cache_alloc()", self.start, self.end)

    def why_left(self, i, t):
        """Why a word that is no use is left; None if it is something else."""
        if t.kind == "string":
            return "looked up by name"
        if t.text in self.own and not t.directive:
            return "this file has a %s of its own" % t.text
        if t.at in self.definitions and t.text == "module_alloc":
            return "definition of module_alloc(): name its range in asm/jitcache.h instead"
        if t.at in self.definitions:
            return "definition of %s(): jit_free() needs none" % t.text
        if t.at in self.prototypes:
            return "prototype of %s(), goes with its definition" % t.text
        if t.directive == "define" and "##" in (self.near(i, -1), self.near(i, 1)):
            return "a name is made of it"
        if t.directive == "define" and self.near(i, -1) == "define":
            return "macro of that name"
        if t.directive == "define":
            return "in a macro that Coccinelle can" + QUOTE + "t parse"
        if t.directive:
            return "in a preprocessor directive"
        if not all(compiled for line, number, compiled in t.nest):
            return "under #if 0"
        if self.near(i, -1) in (".", "->") or t.record:
            return None
        if t.text == "module_free" and self.near(i, 1) != "(":
            return None
        return UNREADABLE

    def remarks(self):
        """Position, word, message, and is it left, for all that there is to say."""
        out = []
        done = set()
        for place, site in self.sites.items():
            done.add(place)
            if site.why and "EVENT" in self.callee(self.index.get(place, 0)):
                continue
            out.append((place, site.word, site.why or self.advice(site.word, site.kind),
                        bool(site.why)))
        for t in self.macro_words():
            done.add(t.at)
            out.append((t.at, t.text, self.advice(t.text, "call"), False))
        for place, word in self.prototypes.items():
            if not self.keeps_prototypes():
                done.add(place)
                out.append((place, word, "this prototype is not needed", False))
        for i, t in enumerate(self.tokens):
            word = t.text.strip("\"")
            in_asm = t.kind == "string" and re.search(ASSEMBLY, t.text)
            if in_asm and self.callee(i) in ("asm", "__asm__", "volatile", "__volatile__"):
                out.append((t.at, in_asm.group(1), "used in assembly", True))
            elif word in WORDS and t.at not in done:
                why = self.why_left(i, t)
                if why:
                    out.append((t.at, word, why, True))
        out += [(place, "", "written directly: stays raw until it learns "
                 "text_poke_copy()", None) for place in self.hints]
        return sorted(out, key=lambda r: r[:3])

    def sum(self, left):
        """What became of the file, as a line."""
        kinds = [s.kind for s in self.converted() if s.word == "module_alloc"]
        words = [s.word for s in self.converted()] + [t.text for t in self.macro_words()]
        allocs = words.count("module_alloc")
        values = kinds.count("value")
        return "%s: calls %d, values %d, frees %d, prototypes %d, left %d\n" % (
            self.name, allocs - values, values, len(words) - allocs,
            0 if self.keeps_prototypes() else len(self.prototypes), left)


files = {}


def this():
    """The file at hand. A position does not name it any more once a change was made:
    Coccinelle has what was changed in a file of its own."""
    if len(cocci.files()) != 1:
        raise RuntimeError("one file at a time, please, or --dir")
    name = cocci.files()[0]
    if name not in files:
        files.clear()
        files[name] = File(name)
    return files[name]


def at(p):
    return int(p.line), int(p.column)


def cache_goes(where):
    f = this()
    f.plan()
    return bool(f.anchor) and f.anchor[0] == where


def fill(coccinelle):
    f = this()
    f.plan()
    coccinelle.cache, coccinelle.title = f.cache, f.title
    coccinelle.start, coccinelle.end = f.start, f.end
    coccinelle.define = f.define
    return f


def include_goes(where):
    f = this()
    f.plan()
    return f.header == where


def say(mode):
    f = this()
    f.plan()
    if mode == "patch":
        f.check()
    lefts = 0
    for place, word, message, left in f.remarks():
        p = Place(f.name, place, word)
        lefts += bool(left)
        if left:
            message = "%s is left: %s" % (word, message)
        elif word:
            message = "%s: %s" % (word, message)
        if mode == "report":
            coccilib.report.print_report(p, message)
        elif mode == "org":
            coccilib.org.print_safe_todo(p, message)
        elif left is not False:
            sys.stderr.write("%s:%d:%d-%d: %s\n" % (
                f.name, p.line, p.column, p.column_end, message))
    if mode == "patch" and not f.sum(lefts).endswith(NOTHING):
        sys.stderr.write(f.sum(lefts))
    sys.stdout.flush()
    sys.stderr.flush()

//----------------------------------------------------------
//  Look
//----------------------------------------------------------

// Each script comes right after its rule: what two rules found, and no script has
// taken yet, would be multiplied.

@call@
expression E;
position p;
@@

module_alloc@p(E)

@script:python@
p << call.p;
@@

this().see(p[0], "call")

@free@
expression E;
position p;
@@

module_memfree@p(E)

@script:python@
p << free.p;
@@

this().see(p[0], "free")

@free2@
expression M, E;
position p;
@@

module_free@p(M, E)

@script:python@
p << free2.p;
M << free2.M;
@@

this().see(p[0], "free2").module = M

@definition@
position p;
type T;
@@

(
T module_alloc@p(...) { ... }
|
T module_memfree@p(...) { ... }
|
T module_free@p(...) { ... }
)

@script:python@
p << definition.p;
@@

this().definitions.add(at(p[0]))

@own@
position p;
type T;
@@

(
static T module_alloc@p(...) { ... }
|
static T module_memfree@p(...) { ... }
|
static T module_free@p(...) { ... }
)

@script:python@
p << own.p;
@@

this().own.add(p[0].current_element)

@prototype@
position p;
type T;
@@

(
T module_alloc@p(...);
|
T module_memfree@p(...);
|
T module_free@p(...);
)

@script:python@
p << prototype.p;
@@

f = this()
f.prototypes[at(p[0])] = f.tokens[f.index[at(p[0])]].text

// All other uses. From here on, Coccinelle takes these words for symbols, and would
// not parse the rules above.
@use@
symbol module_alloc, module_memfree, module_free;
position p;
@@

\(module_alloc@p\|module_memfree@p\|module_free@p\)

@script:python@
p << use.p;
@@

this().see(p[0], "value")

@script:python seen depends on use || definition || prototype || every@
@@

this()

@declared depends on ever seen@
identifier x;
initializer i;
position p;
type T;
@@

T x@p = i;

@script:python@
x << declared.x;
p << declared.p;
@@

if x == p[0].current_element:
    this().declarations.add(int(p[0].current_element_line))

// DEFINE_FREE() and its kin.
@macro depends on ever seen@
declarer d;
identifier x;
position p;
@@

d@p(x, ...);

@script:python@
p << macro.p;
@@

this().see_macro(p[0])

@defined depends on ever seen@
identifier fn;
position p;
type T;
@@

T fn@p(...) { ... }

@script:python@
p << defined.p;
@@

this().functions[int(p[0].current_element_line)] = (
    p[0].current_element, int(p[0].current_element_line_end))

@included depends on ever seen@
position p;
@@

(
#include <...>@p
|
#include "..."@p
)

@script:python@
p << included.p;
@@

this().see_include(p[0])

// Hints: memory that is written where it was allocated.
@assigned@
expression X, E;
type T;
position p;
@@

(
X = module_alloc@p(E)
|
X = (T)module_alloc@p(E)
)

@written@
expression assigned.X, E, I;
position p;
@@

(
memcpy@p(<+... X ...+>, ...)
|
memset@p(<+... X ...+>, ...)
|
 *X@p = E
|
X@p[I] = E
)

@script:python@
x << assigned.p;
p << written.p;
@@

this().see_written(x[0], p[0])

@initialized@
identifier X;
expression E;
type T, U;
position p;
@@

(
U X = module_alloc@p(E);
|
U X = (T)module_alloc@p(E);
)

@written_too@
identifier initialized.X;
expression E, I;
position p;
@@

(
memcpy@p(<+... X ...+>, ...)
|
memset@p(<+... X ...+>, ...)
|
 *X@p = E
|
X@p[I] = E
)

@script:python@
x << initialized.p;
p << written_too.p;
@@

this().see_written(x[0], p[0])

//----------------------------------------------------------
//  Show
//----------------------------------------------------------

@depends on context@
@@

*\(module_alloc\|module_memfree\|module_free\)

@depends on context@
identifier fn;
position definition.p;
type T;
@@

*T fn@p(...)
 { ... }

@script:python depends on context@
p << macro.p;
@@

f = this()
f.plan()
cocci.include_match(at(p[0])[0] in f.macros)

@depends on context@
declarer macro.d;
identifier macro.x;
position macro.p;
@@

*d@p(x, ...);

//----------------------------------------------------------
//  Convert
//----------------------------------------------------------

// A change ends all positions. So first, uses are renamed by position, which moves
// no line. Then all else finds its place by the new names.

@script:python site depends on patch@
p << use.p;
new;
@@

f = this()
f.plan()
site = f.sites.get(at(p[0]))
if site and not site.why:
    coccinelle.new = f.new_word(site)
else:
    cocci.include_match(False)

@rename depends on patch@
expression E;
identifier site.new;
position use.p;
type T;
@@

(
-(T)module_alloc@p(E)
+(T)new(E)
|
-(T)module_alloc@p
+(T)new
|
-module_alloc@p
+new
|
-module_memfree@p
+new
|
-module_free@p
+new
)

// The cache. Scripts depend on the rules that have the words in them: by these,
// Coccinelle knows which files it need not open.

@script:python before depends on patch && (ever use || ever definition || ever prototype || every)@
@@

cocci.include_match(cache_goes("function"))

@function_below depends on before@
identifier fn;
position p;
type T;
@@

T fn@p(...) { ... }

@script:python before_function@
p << function_below.p;
cache;
title;
start;
end;
define;
@@

f = fill(coccinelle)
cocci.include_match(f.is_anchor(p[0]))

@depends on patch@
identifier function_below.fn, before_function.cache, before_function.title;
identifier before_function.start, before_function.end;
declarer before_function.define;
position function_below.p;
type T;
@@

+define(cache, title, JIT_RAW, start, end, 0, 0);
+
T fn@p(...) { ... }

@script:python before2 depends on patch && (ever use || ever definition || ever prototype || every)@
@@

cocci.include_match(cache_goes("declaration"))

@declaration_below depends on before2@
identifier x;
initializer i;
position p;
type T;
@@

T x@p = i;

@script:python before_declaration@
p << declaration_below.p;
cache;
title;
start;
end;
define;
@@

f = fill(coccinelle)
cocci.include_match(f.is_anchor(p[0]))

@depends on patch@
identifier declaration_below.x, before_declaration.cache, before_declaration.title;
identifier before_declaration.start, before_declaration.end;
declarer before_declaration.define;
initializer i;
position declaration_below.p;
type T;
@@

+define(cache, title, JIT_RAW, start, end, 0, 0);
+
T x@p = i;

@script:python after_function depends on patch && (ever use || ever definition || ever prototype || every)@
fn;
cache;
title;
start;
end;
@@

f = fill(coccinelle)
coccinelle.fn = f.anchor[1] if f.anchor else ""
cocci.include_match(cache_goes("after"))

@depends on patch@
declarer name DEFINE_STATIC_JIT_CACHE;
identifier after_function.fn, after_function.cache, after_function.title;
identifier after_function.start, after_function.end;
type T;
@@

T fn(...) { ... }
+
+DEFINE_STATIC_JIT_CACHE(cache, title, JIT_RAW, start, end, 0, 0);

@script:python after_include depends on patch && (ever use || ever definition || ever prototype || every)@
cache;
title;
start;
end;
@@

fill(coccinelle)
cocci.include_match(cache_goes("<"))

@depends on patch && after_include@
identifier after_include.cache, after_include.title;
identifier after_include.start, after_include.end;
@@

#include <...>
+
+DEFINE_STATIC_JIT_CACHE(cache, title, JIT_RAW, start, end, 0, 0);

@script:python after_include2 depends on patch && (ever use || ever definition || ever prototype || every)@
cache;
title;
start;
end;
@@

fill(coccinelle)
cocci.include_match(cache_goes("\""))

@depends on patch && after_include2@
identifier after_include2.cache, after_include2.title;
identifier after_include2.start, after_include2.end;
@@

#include "..."
+
+DEFINE_STATIC_JIT_CACHE(cache, title, JIT_RAW, start, end, 0, 0);

// What stands for module_alloc where that is needed, and the second cache of the
// module loader.

@one_cache depends on patch && ever seen@
identifier cache;
position p;
@@

DEFINE_STATIC_JIT_CACHE@p(cache, ...);

@script:python helper@
cache << one_cache.cache;
fn;
body;
@@

f = this()
coccinelle.fn = f.text_of_helper()
coccinelle.body = "jit_cache_alloc(&%s, size)" % cache
if f.loader:
    coccinelle.body += " ?:\n\t       jit_cache_alloc(&%s, size)" % f.far
cocci.include_match(cache == f.cache and f.needs_helper())

@depends on patch@
identifier one_cache.cache, helper.fn, helper.body;
position one_cache.p;
@@

DEFINE_STATIC_JIT_CACHE@p(cache, ...);
+
+static void *fn(unsigned long size)
+{
+	return body;
+}

@other_cache depends on patch && ever seen@
identifier cache;
position p;
@@

DEFINE_STATIC_JIT_CACHE@p(cache, ...);

@script:python loader@
cache << other_cache.cache;
far;
@@

f = this()
coccinelle.far = f.far
cocci.include_match(cache == f.cache and f.loader and f.needs_helper())

@depends on patch@
identifier other_cache.cache, loader.far;
position other_cache.p;
@@

DEFINE_STATIC_JIT_CACHE@p(cache, ...);
+DEFINE_STATIC_JIT_CACHE(far, "module_far", JIT_RAW, JIT_MODULES_FAR_START, JIT_MODULES_FAR_END, 0, 0);

// The header. A pattern with dots is the last such #include of the file, or the first
// if something is added before it.

@script:python beside_loader depends on patch && (ever use || ever definition || ever prototype || every)@
@@

cocci.include_match(include_goes("loader"))

@depends on patch && beside_loader@
@@

#include <linux/moduleloader.h>
+#include <linux/jitcache.h>

@script:python last_linux depends on patch && (ever use || ever definition || ever prototype || every)@
@@

cocci.include_match(include_goes("last <linux/"))

@depends on patch && last_linux@
@@

#include <linux/...>
+#include <linux/jitcache.h>

@script:python first_linux depends on patch && (ever use || ever definition || ever prototype || every)@
@@

cocci.include_match(include_goes("first <linux/"))

@depends on patch && first_linux@
@@

+#include <linux/jitcache.h>
#include <linux/...>

@script:python last_angle depends on patch && (ever use || ever definition || ever prototype || every)@
@@

cocci.include_match(include_goes("last <"))

@depends on patch && last_angle@
@@

#include <...>
+#include <linux/jitcache.h>

@script:python first_angle depends on patch && (ever use || ever definition || ever prototype || every)@
@@

cocci.include_match(include_goes("first <"))

@depends on patch && first_angle@
@@

+#include <linux/jitcache.h>
#include <...>

@script:python last_quote depends on patch && (ever use || ever definition || ever prototype || every)@
@@

cocci.include_match(include_goes("last \""))

@depends on patch && last_quote@
@@

#include "..."
+#include <linux/jitcache.h>

@script:python first_quote depends on patch && (ever use || ever definition || ever prototype || every)@
@@

cocci.include_match(include_goes("first \""))

@depends on patch && first_quote@
@@

+#include <linux/jitcache.h>
#include "..."

// Arguments.

@one_argument depends on patch && ever seen@
expression E;
position p;
@@

jit_cache_alloc@p(E)

@script:python argument@
p << one_argument.p;
cache;
@@

coccinelle.cache = this().cache

@depends on patch@
expression E;
identifier argument.cache;
position one_argument.p;
@@

jit_cache_alloc@p(
+		  &cache,
		  E)

@depends on patch && ever seen@
expression M, E;
@@

jit_free(
-	 M,
	 E)

// DEFINE_FREE() and its kin.

@with_words depends on patch && ever seen@
declarer d;
identifier x;
position p;
@@

d@p(x, ...);

@script:python rewritten@
p << with_words.p;
arguments;
@@

f = this()
line = int(p[0].line)
if p[0].file == f.name and line in f.macros:
    coccinelle.arguments = f.macro_text(line)
else:
    cocci.include_match(False)

@depends on patch@
declarer with_words.d;
identifier with_words.x;
identifier rewritten.arguments;
position with_words.p;
@@

d@p(
-   x, ...
+   arguments
 );

// Prototypes.

@script:python unneeded depends on patch && (ever use || ever definition || ever prototype || every)@
@@

f = this()
f.plan()
cocci.include_match(not f.keeps_prototypes())

@depends on patch && unneeded@
type T;
@@

(
-T module_alloc(...);
|
-T module_memfree(...);
|
-T module_free(...);
)

// What is there now.

@there depends on patch && ever seen@
identifier x;
position p;
@@

DEFINE_STATIC_JIT_CACHE@p(x, ...);

@script:python@
x << there.x;
@@

f = this()
if x == f.cache and f.anchor:
    f.after.append(x)

@there2 depends on patch && ever seen@
position p;
@@

#include <linux/jitcache.h>@p

@script:python@
p << there2.p;
@@

if this().header:
    this().after.append("include")

@there3 depends on patch && ever seen@
position p;
@@

\(module_alloc@p\|module_memfree@p\|module_free@p\)

@script:python@
p << there3.p;
@@

this().after.append("use")

//----------------------------------------------------------
//  Tell
//----------------------------------------------------------

@script:python depends on report && (ever use || ever definition || ever prototype || every)@
@@

say("report")

@script:python depends on org && (ever use || ever definition || ever prototype || every)@
@@

say("org")

@script:python depends on context && (ever use || ever definition || ever prototype || every)@
@@

say("context")

@script:python depends on patch && (ever use || ever definition || ever prototype || every)@
@@

say("patch")

// For those who check that no file was given up.
@script:python depends on every@
@@

sys.stderr.write("%s: done\n" % this().name)
