#pragma once

/* What SQLite's C interface itself takes, with nothing in between: the floor that the library is measured against.
   Each function works on a database file and returns seconds in all, or a negative number where SQLite failed. */

/* Reads rows 1 to rows in turn by a statement prepared once. */
double floor_point_reads(const char *path, int reads, int rows);
/* Inserts rows, each committed and synced by itself. */
double floor_durable_inserts(const char *path, int inserts);
/* Opens, reads one row, and closes. */
double floor_cold_opens(const char *path, int opens);
