/**
 * Claims what readers of a stream's group hold that have not been heard of, in one step. KEYS: the stream, and when each reader
 * was last heard of. ARGV: group, reader, ms of silence, entries at most, ms after which a reader that holds nothing is forgotten,
 * '1' where the reader's own entries are claimed as well. Answers entries as XCLAIM does.
 *
 * How long ago a reader read, as the group itself knows it, does not do: one that waits for a reply has not read.
 */
export const claimDeadScript = `
local stream, heard, group, reader = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local silent, most, forgotten = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if redis.call('EXISTS', stream) == 0 then return redis.error_reply('NOGROUP the stream is gone') end
local readers = redis.call('XINFO', 'CONSUMERS', stream, group)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', heard, now, reader)
local found = {}
for _, fields in ipairs(readers) do
  local one = {}
  for at = 1, #fields, 2 do one[fields[at]] = fields[at + 1] end
  local own = one.name == reader
  local at = redis.call('ZSCORE', heard, one.name)
  local silence = at and now - tonumber(at) or one.idle
  local claimed = own and ARGV[6] == '1' or not own and silence > silent
  if claimed and one.pending > 0 and #found < most then
    local ids = {}
    for _, held in ipairs(redis.call('XPENDING', stream, group, '-', '+', most - #found, one.name)) do
      ids[#ids + 1] = held[1]
    end
    for _, entry in ipairs(redis.call('XCLAIM', stream, group, reader, 0, unpack(ids))) do
      if entry then found[#found + 1] = entry end
    end
  elseif not own and one.pending == 0 and silence > forgotten and one.idle > forgotten then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, one.name)
    redis.call('ZREM', heard, one.name)
  end
end
return found`
