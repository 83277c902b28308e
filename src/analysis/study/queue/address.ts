import { InputError } from '../../../base/errors.ts';

/** Where a Redis server is. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** Number of the database. */
  readonly db: number;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  /** The address for messages: without the password. */
  readonly shown: string;
}

const EXAMPLE = 'give redis://host:port, with /db, user:password@ or rediss:// (TLS) where they are needed';

/** Reads `redis://[user:password@]host[:port][/db]`. @throws InputError it is none; passwords are not repeated */
export function parseAddress(text: string): RedisAddress {
  const refuse = (why: string) => new InputError(`--queue: ${why}; ${EXAMPLE}`);
  if (!URL.canParse(text)) throw refuse('not an address');
  const { protocol, hostname, port, pathname, username, password, search, hash } = new URL(text);
  if (protocol !== 'redis:' && protocol !== 'rediss:') throw refuse(`${protocol}// is not Redis`);
  if (hostname === '') throw refuse('the address names no host');
  if (search !== '' || hash !== '') throw refuse('the address ends in what Redis does not know');
  const db = /^\/?(\d{0,5})$/.exec(pathname);
  if (db === null) throw refuse(`"${pathname.slice(1)}" is no number of a database`);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 6379 : Number(port),
    db: Number(db[1]),
    tls: protocol === 'rediss:',
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    shown: `${protocol}//${hostname}:${port === '' ? 6379 : port}${db[1] === '' ? '' : `/${db[1]}`}`,
  };
}
