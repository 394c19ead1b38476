-- For wrk: submissions of one task each, every one twice with the same key. What
-- the node says is kept in a file for each thread, whose name is an argument.

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  sent = 0
  told = assert(io.open(args[1] .. "." .. number, "w"))
end

function request()
  local key = number .. "-" .. math.floor(sent / 2)
  sent = sent + 1
  return wrk.format("POST", nil, {
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = key,
  }, '[{"agent": "echo", "input": "' .. key .. '"}]')
end

function response(status, headers, body)
  if status == 200 or status == 201 then
    told:write(body, "\n")
    told:flush()
  end
end
