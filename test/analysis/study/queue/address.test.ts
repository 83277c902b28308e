import { expect, test } from 'vitest';
import { parseAddress } from '../../../../src/analysis/study/queue/address.ts';
import { reconnectDelay } from '../../../../src/analysis/study/queue/connection.node.ts';

/** Expected values: the provisional URI scheme of Redis, https://www.iana.org/assignments/uri-schemes/prov/redis */
test('an address is read with its defaults', () => {
  expect(parseAddress('redis://localhost')).toEqual({
    host: 'localhost',
    port: 6379,
    db: 0,
    tls: false,
    shown: 'redis://localhost:6379',
  });
  expect(parseAddress('rediss://me:s%40cret@[::1]:7000/3')).toEqual({
    host: '::1',
    port: 7000,
    db: 3,
    tls: true,
    username: 'me',
    password: 's@cret',
    shown: 'rediss://[::1]:7000/3',
  });
});

test.each([
  ['localhost', '--queue: not an address;'],
  ['http://localhost:6379', '--queue: http:// is not Redis;'],
  ['redis://localhost:6379/first', '--queue: "first" is no number of a database;'],
  ['redis:///1', '--queue: the address names no host;'],
  ['redis://localhost?db=1', '--queue: the address ends in what Redis does not know;'],
])('%s is refused in one line', (text, words) => {
  expect(() => parseAddress(text)).toThrow(words);
});

test('attempts to connect again come later and later, five seconds apart at most', () => {
  const delays = Array.from({ length: 9 }, (_, i) => reconnectDelay(i + 1));
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});
