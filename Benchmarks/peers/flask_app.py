"""The peer of the HTTP benchmarks: a database for each user as one would write it with Flask and sqlite3.

A user's file is opened for each request and closed after it. Accounts, sessions and where each user's file is are in a
main file; the latter is remembered in the process. Serve it by gunicorn with DATA set to a folder:

    DATA=/tmp/flask gunicorn --preload -w 2 -b 127.0.0.1:5050 flask_app:app
"""
import hashlib
import hmac
import os
import secrets
import sqlite3
from contextlib import closing

from flask import Flask, abort, g, jsonify, request

FOLDER = os.environ["DATA"]
MAIN_FILE = os.path.join(FOLDER, "main.db")
MAIN_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,
    salt BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS configs (user_id INTEGER PRIMARY KEY, file TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, user_id INTEGER NOT NULL) WITHOUT ROWID;
"""
USER_SCHEMA = """
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, title TEXT NOT NULL, description TEXT, due_date TEXT,
    priority INTEGER NOT NULL DEFAULT 0, is_done INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ')));
CREATE INDEX tasks_of_user ON tasks (user_id);
CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, title TEXT NOT NULL, body TEXT);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, title TEXT NOT NULL, starts_at TEXT NOT NULL,
    ends_at TEXT NOT NULL);
"""
TASK_COLUMNS = ("id", "title", "description", "due_date", "priority", "is_done", "created_at")

app = Flask(__name__)
files_by_user = {}


def open_database(file):
    database = sqlite3.connect(file, timeout=10)
    database.execute("PRAGMA synchronous = FULL")
    return database


def make_database(file, schema):
    """The journal mode stays in the file, and holds for all who open it later."""
    with closing(open_database(file)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(schema)


def main_database():
    if "main_database" not in g:
        g.main_database = open_database(MAIN_FILE)
    return g.main_database


def user_database(user_id):
    if "user_database" not in g:
        g.user_database = open_database(file_of(user_id))
    return g.user_database


@app.teardown_appcontext
def close_databases(_error):
    for name in ("user_database", "main_database"):
        if (database := g.pop(name, None)) is not None:
            database.close()


def file_of(user_id):
    if user_id not in files_by_user:
        row = main_database().execute("SELECT file FROM configs WHERE user_id = ?", (user_id,)).fetchone()
        files_by_user[user_id] = row[0]
    return files_by_user[user_id]


def signed_in_user():
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    row = main_database().execute("SELECT user_id FROM sessions WHERE token = ?", (token,)).fetchone()
    if row is None:
        abort(401)
    return row[0]


def hash_of(password, salt):
    return hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1)


def add_session(user_id):
    token = secrets.token_urlsafe(32)
    main_database().execute("INSERT INTO sessions (token, user_id) VALUES (?, ?)", (token, user_id))
    return token


@app.get("/healthz")
def health():
    return jsonify(status="ok")


@app.post("/api/register")
def register():
    """Hashes and makes the file first, so that the main file's one write lock is held for a moment only."""
    account = request.get_json()
    salt = secrets.token_bytes(16)
    password_hash = hash_of(account["password"], salt)
    file = os.path.join(FOLDER, "users", f"{secrets.token_hex(16)}.db")
    make_database(file, USER_SCHEMA)
    try:
        with main_database() as database:
            user_id = database.execute(
                "INSERT INTO users (username, email, salt, hash) VALUES (?, ?, ?, ?)",
                (account["username"], account["email"], salt, password_hash)).lastrowid
            database.execute("INSERT INTO configs (user_id, file) VALUES (?, ?)", (user_id, file))
            token = add_session(user_id)
    except sqlite3.IntegrityError:
        os.remove(file)
        return jsonify(code="username_taken"), 409
    return jsonify(user={"id": user_id, "username": account["username"]}, token=token), 201


@app.post("/api/login")
def login():
    account = request.get_json()
    row = main_database().execute(
        "SELECT id, salt, hash FROM users WHERE username = ?", (account["username"],)).fetchone()
    if row is None or not hmac.compare_digest(hash_of(account["password"], row[1]), row[2]):
        return jsonify(code="invalid_credentials"), 401
    with main_database():
        token = add_session(row[0])
    return jsonify(token=token)


@app.get("/api/tasks")
def list_tasks():
    user_id = signed_in_user()
    limit = min(int(request.args.get("limit", 50)), 200)
    rows = user_database(user_id).execute(
        f"SELECT {', '.join(TASK_COLUMNS)} FROM tasks WHERE user_id = ? ORDER BY id LIMIT ?", (user_id, limit))
    items = [dict(zip(TASK_COLUMNS, row), is_done=bool(row[5])) for row in rows]
    return jsonify(items=items)


@app.post("/api/tasks")
def add_task():
    user_id = signed_in_user()
    task = request.get_json()
    with user_database(user_id) as database:
        task_id = database.execute(
            "INSERT INTO tasks (user_id, title, description, due_date, priority) VALUES (?, ?, ?, ?, ?)",
            (user_id, task["title"], task.get("description"), task.get("due_date"), task.get("priority", 0))).lastrowid
    return jsonify(id=task_id, title=task["title"]), 201


os.makedirs(os.path.join(FOLDER, "users"), exist_ok=True)
make_database(MAIN_FILE, MAIN_SCHEMA)
