-- The load of the HTTP benchmarks: sends prepared requests in a given order, so that the script itself costs little.
--
--     wrk -s load.lua … URL -- METHOD PATH THREADS REQUESTS [ORDER]
--
-- REQUESTS has a line for each request: a bearer token, a tab, a body; both may be empty. ORDER has the numbers of
-- those lines, from 1, in the order to send them; without it they are sent in turn. The threads share the order out.
-- The last line of the output is JSON: counts, seconds, and latencies in microseconds.

local thread_count = 0
local order = {}

function setup(thread)
    thread:set("position", thread_count)
    thread_count = thread_count + 1
end

local function prepare(method, path, file)
    local prepared = {}
    for line in io.lines(file) do
        local token, body = line:match("^(.-)\t(.*)$")
        local headers = {}
        if token ~= "" then headers["Authorization"] = "Bearer " .. token end
        if body ~= "" then headers["Content-Type"] = "application/json" else body = nil end
        prepared[#prepared + 1] = wrk.format(method, path, headers, body)
    end
    return prepared
end

function init(arguments)
    stride = tonumber(arguments[3])
    local prepared = prepare(arguments[1], arguments[2], arguments[4])
    if not arguments[5] then
        order = prepared
        return
    end
    for line in io.lines(arguments[5]) do order[#order + 1] = prepared[tonumber(line)] end
end

function request()
    local text = order[position % #order + 1]
    position = position + stride
    return text
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '{"requests": %d, "seconds": %.6f, "p50": %.1f, "p99": %.1f, "refused": %d, "socket_errors": %d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end
