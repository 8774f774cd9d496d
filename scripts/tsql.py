#!/usr/bin/env python3
"""Reads all T-SQL with Microsoft's own parser (ScriptDom, set to SQL Server 2016), and fails if it refuses a statement.

    scripts/tsql.py FOLDER FILE

FOLDER holds ScriptDom and its .NET runtime: mssqlcli/mssqltoolsservice/bin of the package mssql-cli. FILE holds what the
application sends, one JSON string a line; tests write it where UNIFY_TEST_TSQL names it. What the engine sends of its own
stands in Sources/SQLServerEngine, as string literals, and is read from there; so do the words that users may not say.

The parser knows syntax and reserved words. It knows no tables, types, rights or functions.
"""

import ctypes
import glob
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ENGINE = os.path.join(HERE, "..", "Sources", "SQLServerEngine")
REFUSED = ["SELECT a FROM b LIMIT 1", "SELECT key FROM b", "INSERT INTO b (a) VALUES (1) RETURNING a"]

# What the engine's literals take in, by the Swift expression. Several values are tried one after the other.
VALUES = {
    r"quoted\(.*\)|dialect\.quote\(.*\)|login": ["[a]]b]"],
    r"collation": ["", " COLLATE Latin1_General_100_CI_AS"],
    r"policy": ["", ", CHECK_POLICY = OFF"],
    r"password|(try )?passwordLiteral\(.*\)": ["N'it''s'"],
    r"rights": ["SELECT", "SELECT, INSERT, UPDATE, DELETE"],
    r"Int\(.*\)|try row\.integer\(.*\)": ["60000"],
    r"level": ["SNAPSHOT", "READ COMMITTED"],
    r"end": ["ROLLBACK", "COMMIT"],
    r"statement\.sql": ["SELECT 1 AS One -- comment"],
}
# Microsoft's list of reserved words has these too; the parser takes them for names all the same.
NOT_FOR_THE_PARSER = {"DISK", "DUMP", "LOAD"}
VERBS = "SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|GRANT|REVOKE|KILL|SET|DECLARE|DBCC|IF|BEGIN|COMMIT|ROLLBACK"


class Runtime:
    """The .NET runtime of a self-contained program, as pythonnet wants it."""

    def __init__(self, folder):
        import pythonnet

        bridge = os.path.join(os.path.dirname(pythonnet.__file__), "runtime")
        assemblies = glob.glob(f"{folder}/*.dll") + [f"{bridge}/Python.Runtime.dll"]
        properties = {
            "TRUSTED_PLATFORM_ASSEMBLIES": ":".join(assemblies),
            "APP_PATHS": f"{folder}:{bridge}",
            "NATIVE_DLL_SEARCH_DIRECTORIES": folder,
            "System.Globalization.Invariant": "true",
        }
        self.library = ctypes.CDLL(f"{folder}/libcoreclr.so")
        self.host, self.domain = ctypes.c_void_p(), ctypes.c_uint()
        words = ctypes.c_char_p * len(properties)
        code = self.library.coreclr_initialize(
            sys.executable.encode(), b"unify", len(properties), words(*map(str.encode, properties)),
            words(*map(str.encode, properties.values())), ctypes.byref(self.host), ctypes.byref(self.domain))
        if code != 0:
            sys.exit(f"The .NET runtime in {folder} does not start: {code & 0xFFFFFFFF:#x}")

    def get_assembly(self, path):
        return Assembly(self, os.path.basename(path).removesuffix(".dll"))

    def shutdown(self):
        """The runtime ends with the process."""


class Assembly:
    def __init__(self, runtime, name):
        self.runtime, self.name = runtime, name

    def get_function(self, full_name):
        kind, name = full_name.rsplit(".", 1)
        pointer = ctypes.c_void_p()
        code = self.runtime.library.coreclr_create_delegate(
            self.runtime.host, self.runtime.domain, self.name.encode(), kind.encode(), name.encode(),
            ctypes.byref(pointer))
        if code != 0:
            sys.exit(f"{self.name} has no {full_name}: {code & 0xFFFFFFFF:#x}")
        function = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_int)(pointer.value)
        return lambda argument: function(argument, len(argument))


class Parser:
    def __init__(self, folder):
        import pythonnet

        pythonnet.set_runtime(Runtime(os.path.abspath(folder)))
        pythonnet.load()
        import clr

        clr.AddReference("Microsoft.SqlServer.TransactSql.ScriptDom")
        from Microsoft.SqlServer.TransactSql.ScriptDom import TSql130Parser
        from System.IO import StringReader

        self.parser, self.reader = TSql130Parser(True), StringReader

    def faults(self, sql):
        _, errors = self.parser.Parse(self.reader(named(sql)), None)
        return [f"line {error.Line}, column {error.Column}: {error.Message}" for error in errors]


def named(sql):
    """ODBC's marks are no T-SQL: the driver gives the server names in their place."""
    parts = re.compile(r"'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\?", re.DOTALL)
    return parts.sub(lambda match: "@p" if match.group() == "?" else match.group(), sql)


def literals(swift):
    """The string literals of a Swift text, each as its parts: texts, and expressions in tuples."""
    index = 0
    while index < len(swift):
        if swift.startswith("//", index):
            index = swift.find("\n", index) % (len(swift) + 1)
        elif swift[index] == '"':
            quote = '"""' if swift.startswith('"""', index) else '"'
            parts, index = literal(swift, index + len(quote), quote)
            yield parts
        else:
            index += 1


def literal(swift, index, quote):
    parts, text = [], ""
    while not swift.startswith(quote, index):
        if swift.startswith("\\(", index):
            end = closing(swift, index + 2)
            parts += [text, (swift[index + 2 : end],)]
            text, index = "", end + 1
        elif swift.startswith("\\\n", index):
            index = index + 2 + len(re.match(r" *", swift[index + 2 :]).group())
        elif swift[index] == "\\":
            text += {"n": "\n", "t": "\t"}.get(swift[index + 1], swift[index + 1])
            index += 2
        else:
            text += swift[index]
            index += 1
    return parts + [text], index + len(quote)


def closing(swift, index):
    """Where the parenthesis that is open before `index` closes."""
    depth = 1
    while True:
        if swift[index] == '"':
            index = swift.index('"', index + 1)
        depth += {"(": 1, ")": -1}.get(swift[index], 0)
        if depth == 0:
            return index
        index += 1


def filled(parts):
    """The statements that a literal stands for."""
    texts = [""]
    for part in parts:
        if isinstance(part, tuple):
            values = next((values for name, values in VALUES.items() if re.fullmatch(name, part[0])), None)
            if values is None:
                sys.exit(f"scripts/tsql.py does not know what stands for \\({part[0]}) in an SQL literal: name it in VALUES.")
        else:
            values = [part]
        texts = [text + value for text in texts for value in values]
    return texts


def statements_of_the_engine():
    # What the dialect writes, the application sends.
    for path in sorted(set(glob.glob(f"{ENGINE}/*.swift")) - {f"{ENGINE}/SQLServerDialect.swift"}):
        with open(path, encoding="utf-8") as file:
            for parts in literals(file.read()):
                begins = re.match(rf"\s*(?:{VERBS})\s+\S", parts[0]) and not parts[0].startswith("DBCC CHECKDB:")
                if begins or (parts[0] == "" and parts[-1].startswith(" TRANSACTION")):
                    yield from filled(parts)


def reserved_words():
    with open(f"{ENGINE}/StatementPolicy+SQLServer.swift", encoding="utf-8") as file:
        text = file.read()
    for name in ["controlling", "changingSchema", "writing"]:
        words = re.search(rf"static let {name}: Set<String> = \[(.*?)\]", text, re.DOTALL).group(1)
        yield from re.findall(r'"([A-Z]+)"', words)


def main():
    folder, path = sys.argv[1:]
    parser = Parser(folder)
    failures = [f"not refused: {sql}" for sql in REFUSED if not parser.faults(sql)]
    own = sorted(set(statements_of_the_engine()))
    with open(path, encoding="utf-8") as file:
        application = sorted({json.loads(line) for line in file})
    for sql in own + application:
        failures += [f"{fault}\n    {sql}" for fault in parser.faults(sql)]
    words = sorted(set(reserved_words()) - NOT_FOR_THE_PARSER)
    # Whoever may not say a word must be able to do without: as a name it would have to stand in brackets anyway.
    failures += [f"not reserved: {word}" for word in words if not parser.faults(f"SELECT {word} FROM b")]
    if len(own) < 40 or len(application) < 100:
        failures.append("fewer statements than there must be: is everything still collected?")
    print(f"Microsoft's parser read {len(own)} statements of the engine, {len(application)} of the application "
          f"and {len(words)} reserved words.")
    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(1 if failures else 0)


main()
