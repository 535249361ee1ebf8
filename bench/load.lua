-- Script for wrk: sends the requests of a file in a loop, and prints the results as JSON.
-- Arguments: the file, the index of the first request to send, and the number of the first write.

local requests, at, number = {}, 0, 0

function init(args)
   local file = assert(io.open(args[1], "rb"))
   while true do
      local length = file:read("*l") -- of the following request, in bytes
      if not length then break end
      requests[#requests + 1] = file:read(tonumber(length))
   end
   file:close()
   at, number = tonumber(args[2]), tonumber(args[3])
end

function request()
   local raw = requests[at % #requests + 1]
   at = at + 1
   if raw:byte() == 80 then -- P of POST
      raw = raw:gsub("00000000", string.format("%08d", number), 1)
      number = number + 1
   end
   return raw
end

function done(summary, latency, _)
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "longest": %.3f, "refused": %d, "broken": %d}\n',
      summary.requests, summary.duration / 1e6,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
      errors.status, errors.connect + errors.read + errors.write + errors.timeout
   ))
end
