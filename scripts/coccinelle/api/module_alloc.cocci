// SPDX-License-Identifier: GPL-2.0-only
///
/// Take executable memory from a jit_cache instead of module_alloc(), and give
/// it back with jit_free() instead of module_memfree() or module_free().
///
//# A file is converted as a whole, but for definitions of the functions, or left as
//# a whole if one mention cannot be converted or may be something else. Then each is
//# reported with the reason, in patch and context mode on stderr. Headers are left,
//# and files in which Coccinelle finds neither call nor value. Run it in the top
//# directory of a tree. See Documentation/core-api/module_alloc.rst.
// Confidence: High
// Copyright: (C) 2026 the jit_cache authors
// Options: --no-includes --include-headers
// Requires: 1.1.1

virtual patch
virtual context
virtual org
virtual report

// No single quote and no mark of a comment may stand in here. SKIP: comments and
// strings, which become blanks, except the group: names to look up, and asm(). MEMBER:
// no mention. CALLEE: what has a value as its argument. OWN: a macro, static function
// or variable of that name in a header. use(): x from its first member on.
@initialize:python@
@@
import os, re, sys
NAME = r"\bmodule_(?:alloc|memfree|free)\b"
SKIP = (r"(?s)(\"%s\"|#[ \t]*include[^\n\"<]*[\"<][^\n\">]*.|\b_*asm_*\s*\w*\s*\([^;{}]*)|/[*].*?[*]/|"
        r"/{2}[^\n]*|\"(?:\\.|[^\"\\\n])*\"|\x27(?:\\.|[^\x27\\\n])+\x27" % NAME)
INCLUDE = r"(?m)^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"\n]+)"
PROTOTYPE = r"\s*(?:extern\s+)?void\s*\*?\s*%s\s*\([^()]*\)\s*;" % NAME
DEFINITION = r"(?!.*\bstatic\b)[\w \t*]*%s\s*\([^(){};]*\)\s*\{" % NAME
MEMBER = r"(\.|->|EVENT\w*\()\s*$|\b(struct|union)\b[^;{}]*[^\s;{}()]\s*\{[^{}]*\(\s*\*\s*$"
CALLEE = (r"(?<![\w>.])(?!(?:if|while|switch|return|\w*(?:sizeof|typeof)\w*|READ_ONCE|WRITE_ONCE)\b)"
          r"(\w+)\s*\((?:[^(){};]|\((?:[^()]|\([^()]*\))*\))*[(\s*&]*$")
OWN = (r"(?m)^(?:[ \t]*#[ \t]*define[ \t]+{0}|static\b[^;{{}}()]*{0}\s*\(|"
       r"\w[^;{{}}()]*(?:\(\s*\*+\s*)?{0}\s*[;=)])").format(NAME)
CACHE = (r"/arch/[^/]+/kernel/(?P<module_arch>module)[^/]*\.c$|/kernel/(?P<module>module)[/.]|"
         r"/(?:kernel/|arch/[^/]+/)(?P<bpf>bpf|net)/|"
         r"(?P<kprobes>kprobes)[^/]*/?[^/]*$|(?P<ftrace>ftrace)[^/]*/?[^/]*$")
kinds, memory, owners, plans = {}, [], {}, {}
def code_of(name):
    with open(name, "rb") as f:
        text = f.read().decode("latin-1")
    return text, re.sub(SKIP, lambda m: m.group(1) or re.sub(r"[^\n]", " ", m.group()), text)

def owner(name):
    if name not in owners:
        code = code_of(name)[1]
        owners[name] = name.endswith(".h") and re.search(OWN, code) and os.path.basename(name)
        for header in re.findall(INCLUDE, code):
            for path in (os.path.join(os.path.dirname(name), header), "include/" + header):
                owners[name] = owners[name] or os.path.isfile(path) and owner(os.path.normpath(path))
    return owners[name]

def see(p, kind):
    kinds[p.file, int(p.line), int(p.column)] = kind * (not re.match(NAME, p.current_element))

def use(p, f, x):
    words = re.findall(r"\w+", re.sub(r"\[.*?\]|\([\w\s]*\*\s*\)", "", x))
    memory.append((p.file, f, words[1:] or words, p.line))

class Plan(object):
    def __init__(self, name):
        text, code = code_of(name)
        lines, self.whys, uses, found, depth = code.split("\n"), {}, [], [], 0
        head = re.match(r"(?:[ \t]*#(?:\\\n|[^\n])*\n|[^{\n]*\n)*", code).group().count("\n")
        for n, line in enumerate(lines, 1):
            depth += bool(re.match(r"\s*#\s*if", line)) - bool(re.match(r"\s*#\s*endif", line))
            found += [(n, line.strip(), n <= head and not depth and not uses)
                      for m in re.finditer(INCLUDE, line)]
            for m in re.finditer(NAME, line):
                kind = kinds.get((name, n, m.start()))
                above = "\n".join(lines[max(0, n - 30):n - 1] + [line[:m.start()]])
                below, rest = "\n".join(lines[n - 1:n + 4]), text.split("\n")[n - 1][m.end():]
                callee = re.search(CALLEE, above[-400:])
                if re.search(MEMBER, above):
                    continue
                self.whys[n, m.start(), m.group()] = (
                    "a definition" if re.match(DEFINITION, below) else
                    "looked up by name" if above[-1:] == "\"" else
                    None if re.match(PROTOTYPE, below) else
                    "nothing that Coccinelle can convert"
                    if not kind or re.match(r"\s*/|\s*\([^();]*/[*/]", rest) or
                    kind == "value" and re.match(r"\s*\(", below[m.end():]) else
                    callee.group(1) + "() may make a name or a string of it"
                    if kind == "value" and callee else None)
                uses += [m.group()] * (kind in ("call", "value"))
        m = re.search(CACHE, "/" + os.path.relpath(name))
        stem = m.lastgroup if m else re.sub(r"\W|^(?=\d)", "_", os.path.basename(name)[:-2])
        kind = stem.upper() if m and "module" not in stem else "MODULES"
        self.cache, self.title, self.helper = stem + "_jit", "\"%s\"" % stem, stem + "_jit_alloc"
        self.range = "JIT_%s_START, JIT_%s_END" % (kind, kind)
        adds = "module_alloc" in uses and not (stem == "module" and self.helper in code)
        self.place, last, _ = ([f for f in found if f[2]] or [(0, "", False)])[-1]
        header = ([f for f in found if "<linux/jitcache.h>" in f[1]] or
                  [f for f in found if "<linux/" in f[1]] or [(self.place, last, adds)])[0]
        self.define = last + "\n#include <linux/jitcache.h>" * (header[0] == self.place)
        self.define += "\n\nDEFINE_STATIC_JIT_CACHE"
        vfree = re.search(r"\bk?vfree(?:_atomic|_rcu|_sensitive)?\b", code)
        given = set(re.findall(r"\bmodule_alloc\b|\b_*k?v[mz]alloc\b",
                               " ".join(re.findall(r"\breturn\b[^;{}]*", code))))
        clash = ["%s is used with %s() too, see line %s" % (x[-1], g, line)
                 for a, f, x, _ in memory for b, g, y, line in memory
                 if a == b == name and x == y and re.match(NAME, f) and not re.match(NAME, g)]
        whole = (
            "headers are left, move the code to a .c file" if name.endswith(".h") else
            "lines end in CR LF" if "\r" in text else
            "%s makes something else of it" % owner(name) if owner(name) else
            "%s() are returned" % "() and ".join(sorted(given))
            if len(given) > 1 and "module_alloc" in given else
            clash[0] if clash and stem != "module" else
            "only %s() can free it here" % vfree.group() if vfree and set(uses) == {"module_alloc"} else
            "needs a second cache, for JIT_MODULES_FAR_START" if adds and stem == "module" else
            "%s is taken" % self.cache if adds and re.search(r"\b%s\b(?!\.)" % self.cache, code) else
            "no place for #include <linux/jitcache.h> or the cache" if uses and not (
                self.place and header[2] and text.split("\n")[self.place - 1].strip() == last) else None)
        bad = [place[0] for place, why in sorted(self.whys.items()) if why not in (None, "a definition")]
        self.left = whole or bad or not uses
        for place, why in self.whys.items():
            self.whys[place] = why or whole or bad and "the file is, see line %d" % bad[0]

def plan():
    name = cocci.files()[0]
    return plans.get(name) or plans.setdefault(name, Plan(name))

def tell(form, out):
    for (n, c, word), why in sorted(plan().whys.items()):
        use = "jit_cache_alloc(&%s, size)" % plan().cache if "_alloc" in word else "jit_free()"
        said = word + (" is left: " + why if why else ": use " + use)
        if why or out == sys.stdout:
            print(form.format(cocci.files()[0], n, c, c + len(word), said), file=out, flush=True)

// Look. A change ends all positions, so everything is looked up before.

@call@
expression E;
identifier m, f;
position p;
@@
(
\(module_alloc@p\|module_memfree@p\)(E)
|
module_free@p(\(m\|m->f\|NULL\), E)
)
@script:python@
p << call.p;
E << call.E;
@@
see(p[0], "" if "{" in E else "call")

@value@
symbol module_alloc, module_memfree, module_free;
position p != call.p;
@@
\(module_alloc@p\|module_memfree@p\)
@script:python@
p << value.p;
@@
see(p[0], "value")

@memory depends on call || value@
expression X;
identifier f =~ "^module_alloc$|^_*k?v[mz]alloc(_[^t]|$)|^vmap$|execmem";
identifier g =~ "^k?vfree|^module_(mem)?free$";
position p;
@@
(
X = <+... f@p(...) ...+>
|
g@p(..., X)
)
@script:python@
p << memory.p;
X << memory.X;
f << memory.f = "";
g << memory.g = "";
@@
use(p[0], f or g, X)

@script:python depends on report && (call || value)@
@@
tell("{}:{}:{}-{}: {}", sys.stdout)

@script:python depends on org && (call || value)@
@@
tell("* TODO [[view:{}::face=ovl-face1::linb={}::colb={}::cole={}][{}]]", sys.stdout)

@script:python depends on (patch || context) && (call || value)@
@@
tell("{}:{}:{}-{}: {}", sys.stderr)

@depends on context@
@@
*\(module_alloc\|module_memfree\|module_free\)

@script:python good depends on patch && (call || value)@
cache;
helper;
define;
title;
range;
@@
f = plan()
coccinelle.cache, coccinelle.helper, coccinelle.define = f.cache, f.helper, f.define
coccinelle.title, coccinelle.range = f.title, f.range
cocci.include_match(not f.left)

@include depends on good@
position p;
@@
(
#include <...>@p
|
#include "..."@p
)

@script:python place depends on good@
p << include.p;
@@
cocci.include_match(int(p[0].line) == plan().place)

// The module loader has a function of its own that tries two caches.
@loader depends on good@
@@
module_jit_alloc(...)

@alloc depends on good && !loader@
@@
module_alloc

@depends on patch && alloc@
identifier good.cache, good.title, good.range;
declarer good.define;
position include.p;
@@
(
-#include <...>@p
+define(cache, title, JIT_RAW, range, 0, 0);
|
-#include "..."@p
+define(cache, title, JIT_RAW, range, 0, 0);
)

@jitcache depends on good@
@@
#include <linux/jitcache.h>

@depends on patch && good && !jitcache@
@@
+#include <linux/jitcache.h>
#include <linux/...>

// What stands for module_alloc where it is no call.
@depends on patch && alloc && value@
identifier good.cache, good.helper;
declarer name DEFINE_STATIC_JIT_CACHE;
@@
DEFINE_STATIC_JIT_CACHE(cache, ...);
+
+static void *__maybe_unused helper(unsigned long size)
+{
+	return jit_cache_alloc(&cache, size);
+}

@depends on patch && alloc@
expression E;
identifier good.cache;
@@
-module_alloc
+jit_cache_alloc
 (
+ &cache,
 E)

@depends on patch && good@
identifier good.helper;
@@
(
-module_alloc
+helper
|
-module_memfree
+jit_free
)

@depends on patch && good@
expression E;
@@
-module_free
+jit_free
 (
- ...,
 E)

@depends on patch && good@
type T;
@@
-T \(module_alloc\|module_memfree\|module_free\)(...);
