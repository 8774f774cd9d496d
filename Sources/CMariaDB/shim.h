#pragma once

#include <mysql.h>

#include <errmsg.h>
