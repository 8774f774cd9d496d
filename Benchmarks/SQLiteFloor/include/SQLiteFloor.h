#pragma once

/* What SQLite's C interface itself takes, with nothing in between: the floor that the library is measured against.
   Each function returns seconds in all, or a negative number where SQLite failed. */

/* Reads rows 1 to rows in turn by a statement prepared once. */
double floor_point_reads(const char *path, int reads, int rows);
/* Opens, reads one row, and closes. */
double floor_cold_opens(const char *path, int opens);
/* Inserts rows into each of these databases, by a thread for each, each row committed and synced by itself. */
double floor_durable_inserts(const char *const *paths, int threads, int inserts);
/* Makes databases in a folder as a program without this library would: opens each anew, runs the statements that make its
   tables one after the other, and registers it in a main database, all synced. */
double floor_make_databases(const char *folder, int count);
/* What the file system itself takes for as many files of this size, each flushed, named and its folder flushed, by a thread
   for each 1/threads of them. */
double floor_durable_files(const char *folder, int threads, int count, int size);
