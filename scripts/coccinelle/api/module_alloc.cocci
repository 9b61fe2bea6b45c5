// SPDX-License-Identifier: GPL-2.0-only
/// Take executable memory from a jit_cache instead of module_alloc(), and give
/// it back with jit_free() instead of module_memfree() or module_free().
///
//# A file is converted as a whole, but for definitions of the functions, or left if one mention
//# is in doubt; each is reported with the reason. See Documentation/core-api/module_alloc.rst.
// Confidence: High
// Copyright: (C) 2026 the jit_cache authors
// Options: --no-includes --include-headers
// Requires: 1.1.1

virtual patch, context
virtual org, report

// Python compares what the rules find with the words in the file. It has no single quote
// and no mark of a comment, since Coccinelle looks for them. SKIP becomes blanks, but for its
// group: names to look up, files to include, asm(). MEMBER stands in front of a member, INNER
// is a remark, directive or brace among arguments, OWN a definition in a header. ifs_of() has
// the #ifs around a line and whether they hold. The last name in an expression stands for it.
@initialize:python@
@@
import glob, os, re, sys
NAME = r"\bmodule_(?:alloc|memfree|free)\b"
OTHER = r"(?<![\w/\"<.>])(?:_*k?v[mzc]alloc|k?vfree|execmem_(?:alloc|free))(?!_to_)(?:_\w+)?\b"
SKIP = (r"(?s)(\"%s(?:[+]\w+)?\"|#[ \t]*include[^\n\"<]*[\"<][^\n\">]*.|"
        r"\b_*asm(?:_\w*)?(?:[\s\\]+\w+)*[\s\\]*\((?:\"(?:\\.|[^\"\\])*\"|[^\";{}])*)|"
        r"/[*].*?[*]/|/{2}[^\n]*|\"(?:\\.|[^\"\\\n])*\"|\x27(?:\\.|[^\x27\\\n])+\x27" % NAME)
INCLUDE = r"(?m)^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"\n]+)"
MEMBER = r"(\.|->)\s*$|\b(struct|union)\b[^;{}]*[^\s;{}()]\s*\{[^{}]*\(\s*\*\s*$"
STATIC = r"(?m)^[^#\n]*(?:\bstatic\b|\))[\w\s*]*\Z"
DECLARED = r"(?m)[\w\s]*\bvoid\b[\w\s*]*%s\s*\((?:unsigned|void|struct module)\b[^(){};]*\)\s*(;[ \t]*$|\{)" % NAME
INNER = r"\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\)|\()*?(?:/[*/]|\n[ \t]*#|\{)"
OWN = (r"(?m)^(?:[ \t]*#[ \t]*define[ \t]+{0}|(?!(?:extern\s+)?void\b)\w(?:[^;{{}}()]|\(\([^()]*\)\))*{0}\s*\(|"
       r"\w[^;{{}}()]*(?:\(\s*\*+\s*)?{0}\s*(?:[;=)]|\((?!\s*(?:unsigned|void|struct module)\b)))")
CACHE = (r"/arch/[^/]+/kernel/(?P<module_arch>module)[^/]*$|/kernel/(?P<module>module)[/.]|"
         r"/(?:kernel|arch/\w+)/(?P<bpf>bpf|net)/|(?P<kprobes>kprobes)|(?P<ftrace>ftrace)")
seen, memory, owners, plans, asm = {}, {}, {}, {}, glob.glob("arch/*/include")
def code_of(name):
    text = open(name, encoding="latin-1", newline="").read()
    return text, re.sub(SKIP, lambda m: m.group(1) or re.sub(r"[^\n]", " ", m.group()), text)
def own_header(name):
    todo, met = [name], {name}
    for path in todo:
        if path not in owners:
            code, up = code_of(path)[1], os.path.dirname(path).split("/")
            dirs = ["/".join(up[:n] + [d]) for n in range(len(up) + 1) for d in (".", "include")]
            owners[path] = path.endswith(".h") and re.search(OWN.format(NAME), code), list(filter(os.path.isfile, [
                os.path.normpath(os.path.join(d, header)) for header in re.findall(INCLUDE, code)
                for d in dirs + asm * header.startswith("asm/")]))
        if owners[path][0]: return os.path.basename(path)
        todo += [h for h in owners[path][1] if h not in met and not met.add(h)]
def place(p): return p.file, int(p.line), int(p.column)
def note_use(p):
    n, first, last = map(int, (p.line, p.current_element_line, p.current_element_line_end))
    why = ("used in a definition" if re.match(NAME, p.current_element) else
           "Coccinelle expands this macro" if n > last or n < first <= last else "")
    seen[place(p)] = seen.get(place(p)) or why
def note_memory(p, f, x):
    names = re.findall(r"\w+", re.sub(r"\[.*?\]|\([\w\s]*\*\s*\)", "", x)) or [""]
    memory[place(p)] = f, None if re.match(NAME, p.current_element) else names[-1]

def ifs_of(lines):
    ifs = []
    for line in lines:
        for word, asked in re.findall(r"^\s*#\s*(ifn?|elif|else|endif)(.*?)\s*$", line):
            last, holds = ifs.pop() if ifs and not word.startswith("if") else ("", True)
            now = (last, not holds) if word == "else" else (asked, word != "ifn")
            ifs += [now] * (word != "endif")
        yield dict(ifs)

class Plan(object):
    def __init__(self, name):
        self.text, self.code = code_of(name)
        self.ifs, self.whys = [{}] + list(ifs_of(self.code.split("\n"))), {}
        for n, column, m in self.find(NAME):
            before = self.code[max(0, m.start() - 2000):m.start()]
            declared = not re.search(STATIC, before) and re.match(DECLARED, self.text[m.start() - column:])
            if not re.search(MEMBER, before):
                self.whys[n, column, m.group()] = (
                    {";": "", "{": "a definition"}[declared.group(1)[0]] if declared else
                    "an argument has a remark, a directive or braces"
                    if re.match(INNER, self.text[m.end():]) else
                    seen.get((name, n, column), "not seen as a call, or an argument of a macro"))
        self.uses = {word: n for n, c, word in sorted(self.whys, reverse=True) if (name, n, c) in seen}
        m = re.search(CACHE, "/" + os.path.relpath(name))
        stem = m.lastgroup if m else re.sub(r"\W|^(?=\d)", "_", os.path.basename(name)[:-2])
        self.cache, self.title, self.helper = stem + "_jit", "\"%s\"" % stem, stem + "_jit_alloc"
        self.loader = m and stem == "module"
        self.ends = "JIT_{0}_START, JIT_{0}_END".format(stem.upper() if m and stem[0] != "m" else "MODULES")
        self.adds = "module_alloc" in self.uses and "module_jit_alloc" not in self.code
        whole = self.uses and self.reason(name)
        bad = [n for (n, _, _), why in sorted(self.whys.items()) if why not in ("", "a definition")]
        self.left = whole or bad or not self.uses
        for at, why in self.whys.items():
            self.whys[at] = why or whole or bad and "the file is, see line %d" % bad[0]

    def find(self, words):
        for m in re.finditer(words, self.code):
            n = self.code.count("\n", 0, m.start()) + 1
            yield n, m.start() - self.code.rfind("\n", 0, m.start()) - 1, m

    def reason(self, name):
        found = [(n, m.group(1), not self.ifs[n] and n < min(self.uses.values()) and
                  self.code.count("{", 0, m.start()) == self.code.count("}", 0, m.start()))
                 for n, _, m in self.find(INCLUDE)]
        self.place = max([0] + [n for n, _, fits in found if fits])
        linux = [(h != "linux/jitcache.h", n, fits) for n, h, fits in found if h[:6] == "linux/"]
        absent, header, fits = min(linux, default=(True, self.place, self.adds and self.place))
        last, text = (t.split("\n")[self.place - 1].strip() for t in (self.code, self.text))
        alone = "\n#include <linux/jitcache.h>" if absent and header == self.place else ""
        self.define = last + alone + "\n\nDEFINE_STATIC_JIT_CACHE"
        whys = [(name.endswith(".h"), "headers are left, move the code to a .c file"),
                ("\r" in self.text, "lines end in CR LF"),
                (own_header(name), "%s makes something else of it" % own_header(name)),
                (self.adds and self.loader, "needs a second cache, for JIT_MODULES_FAR_START"),
                (not self.loader, self.other_allocator(name)),
                (self.adds and re.search(self.cache + r"(_alloc)?\b(?!\.)", self.code), self.cache + "* is taken"),
                (re.search(r"\* *\( *\* *\)|\(\*\*\)", self.code), "a type that cannot be printed"),
                (not self.place or not fits, "no place for the cache or its #include"),
                (last != text, "the remark behind the last #include would move")]
        return ([why for holds, why in whys if holds and why] + [""])[0]

    def other_allocator(self, name):
        found = {at[1:]: how for at, how in memory.items() if at[0] == name}
        ours = [(n, f, x) for (n, _), (f, x) in sorted(found.items()) if x and re.match(NAME, f)]
        given, freed = ({x for f, x in found.values() if kind in f} for kind in ("alloc", "free"))
        names = {x for _, _, x in ours}
        copy = "" if "free" not in "".join(self.uses) or names - freed else (
            r"\b{0}\s*=[^;=]*\b(?:%s)\s*[;,]|(?:void|char|u8)\s*\*\s*{0}\s*[,)]|define \w+\(.*\b{0}\b" % "|".join(names))
        for n, column, m in self.find(OTHER):
            f, x = found.get((n, column), (m.group(), ""))
            for line, _, y in ours:
                if x == y and all(self.ifs[line].get(a, b) == b for a, b in self.ifs[n].items()):
                    return "%s is used with %s() too, see line %d" % (x, f, n)
            both = "module_free" not in self.uses and x in (given if "free" in f else freed)
            if x == "" or x and not both and ("alloc" in f or re.search(copy.format(x), self.code)):
                return "%s() in line %d may be meant for it" % (f, n)

def plan():
    name = cocci.files()[0]
    return plans.get(name) or plans.setdefault(name, Plan(name))
def tell(form, out):
    for (n, c, word), why in sorted(plan().whys.items()):
        said = word + (" is left: " + why if why else ": use jit_free()" if "free" in word else
                       ": use jit_cache_alloc(&%s, size)" % plan().cache)
        if why or out == sys.stdout:
            print(form.format(cocci.files()[0], n, c, c + len(word), said), file=out, flush=True)

// Look first: a change ends all positions. A macro may make a name of its argument.
@argument@
symbol module_alloc, module_memfree, module_free;
expression A, B;
identifier f != {READ_ONCE, WRITE_ONCE, module_alloc};
position p;
@@
(
f(..., <+... \(module_alloc@p\|module_memfree@p\|module_free@p\) ...+>, ...)
|
\(module_alloc@p\|module_memfree@p\)(A, B, ...)
)

@macro@
declarer f;
type T;
position p;
@@
f(..., \(module_alloc@p\|module_memfree@p\|module_free@p\|&module_alloc@p\|&module_memfree@p\|
	 &module_free@p\|(T)module_alloc@p\|(T)module_memfree@p\|(T)module_free@p\), ...);

@use@
expression E;
identifier m, f;
position p != {argument.p, macro.p};
@@
(
\(module_alloc@p\|module_memfree@p\)
|
module_free@p(\(m\|m->f\|NULL\), E)
)
@script:python@
p << use.p;
@@
note_use(p[0])

@memory depends on use@
expression X;
identifier f =~ "^(_*k?v[mzc]alloc|execmem_alloc|module_alloc$)";
identifier g =~ "^(k?vfree|execmem_free|module_memfree$)";
position p;
@@
(
X = <+... f@p(...) ...+>
|
g@p(X, ...)
)
@script:python@
p << memory.p; X << memory.X;
f << memory.f = ""; g << memory.g = "";
@@
note_memory(p[0], f or g, X)

@script:python depends on report && (use || argument || macro)@
@@
tell("{}:{}:{}-{}: {}", sys.stdout)

@script:python depends on org && (use || argument || macro)@
@@
tell("* TODO [[view:{}::face=ovl-face1::linb={}::colb={}::cole={}][{}]]", sys.stdout)

@script:python depends on (patch || context) && (use || argument || macro)@
@@
tell("{}:{}:{}-{}: {}", sys.stderr)

@depends on context@
position p : script:python() { "expands" not in seen.get(place(p[0]), "") };
@@
*\(module_alloc@p\|module_memfree@p\|module_free@p\)

@script:python good depends on patch && use@
cache; title; ends; helper; define;
@@
for name in ("cache", "title", "ends", "helper", "define"):
    setattr(coccinelle, name, getattr(plan(), name, name))
cocci.include_match(not plan().left)

// The cache. The module loader, which tries two, has them already.
@alloc depends on patch && good@
identifier good.cache, good.title, good.ends;
declarer good.define;
position p : script:python() { plan().adds and int(p[0].line) == plan().place };
@@
(
-#include <...>@p
+define(cache, title, JIT_RAW, ends, 0, 0);
|
-#include "..."@p
+define(cache, title, JIT_RAW, ends, 0, 0);
)

// Where Coccinelle does not see the last #include, nothing is converted.
@script:python depends on good && !alloc@
@@
cocci.include_match(not plan().adds)

@jitcache depends on good@
@@
#include <linux/jitcache.h>

@depends on patch && good && !jitcache@
@@
+#include <linux/jitcache.h>
#include <linux/...>

@depends on patch && alloc@
expression E;
identifier good.cache;
@@
-module_alloc
+jit_cache_alloc
 (
+ &cache,
 E)

@value depends on alloc@
@@
module_alloc

@depends on patch && value@
identifier good.cache, good.helper;
declarer name DEFINE_STATIC_JIT_CACHE;
@@
DEFINE_STATIC_JIT_CACHE(cache, ...);
+
+static void *__maybe_unused helper(unsigned long size)
+{
+	return jit_cache_alloc(&cache, size);
+}

@depends on patch && good@
expression E;
identifier good.helper;
@@
(
-module_alloc
+helper
|
-module_memfree
+jit_free
|
-module_free
+jit_free
 (
- ...,
 E)
)

@depends on patch && good@
type T;
@@
-T \(module_alloc\|module_memfree\|module_free\)(...);
