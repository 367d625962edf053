#ifndef RISKD_CLIBPQ_SHIM_H
#define RISKD_CLIBPQ_SHIM_H

#include <libpq-fe.h>

/* Swift does not import character macros, which is what libpq's field codes are. */
static const int riskd_pg_diag_sqlstate = PG_DIAG_SQLSTATE;
static const int riskd_pg_diag_message_primary = PG_DIAG_MESSAGE_PRIMARY;
static const int riskd_pg_diag_table_name = PG_DIAG_TABLE_NAME;
static const int riskd_pg_diag_column_name = PG_DIAG_COLUMN_NAME;
static const int riskd_pg_diag_constraint_name = PG_DIAG_CONSTRAINT_NAME;

#endif
