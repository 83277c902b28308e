import { expect, test } from 'vitest';
import { backportsStanza, parseSourcesList, parseSourcesStanzas } from '../../scripts/lavapipe.mjs';

test('one-line sources: options, comments and other types of entry', () => {
  const text = `# deb http://commented.example/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb-src http://deb.debian.org/debian bookworm main
deb [arch=amd64 signed-by=/a.gpg,/b.gpg] http://mirror.example/debian bookworm main contrib
  deb http://mirror.example/debian bookworm-updates main`;
  expect(parseSourcesList(text).filter(({ uri }) => !uri.startsWith('cdrom'))).toEqual([
    { uri: 'http://mirror.example/debian', suites: ['bookworm'], signedBy: '/a.gpg /b.gpg' },
    { uri: 'http://mirror.example/debian', suites: ['bookworm-updates'], signedBy: undefined },
  ]);
});

// The format of Debian's container images, and of sources.list(5)'s example of a key inside the file.
const stanzas = `Types: deb deb-src
# http://snapshot.debian.org/archive/debian/20250520T000000Z
URIs: http://mirror.example/debian http://second.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: trixie

types: deb
uris: http://inline.example/debian
suites: trixie
signed-by:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEYCQjIxYJ
 -----END PGP PUBLIC KEY BLOCK-----
`;

test('deb822 sources: comments, disabled stanzas, values over several lines', () => {
  const [first, second, ...others] = parseSourcesStanzas(stanzas);
  expect(first).toEqual({
    uri: 'http://mirror.example/debian',
    suites: ['bookworm', 'bookworm-updates'],
    signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
  });
  expect(second.signedBy?.split('\n')).toHaveLength(5);
  expect(others).toEqual([]);
});

test('backports come from the mirror and with the key of the release', () => {
  const sources = parseSourcesStanzas(stanzas);
  expect(backportsStanza(sources, 'bookworm')).toBe(`Types: deb
URIs: http://mirror.example/debian
Suites: bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`);
  expect(parseSourcesStanzas(backportsStanza(sources, 'trixie') ?? '')[0].signedBy).toBe(sources[1].signedBy);
  expect(backportsStanza(sources, 'bullseye')).toBeUndefined();
});

test('a release whose only medium is a disc has no backports', () => {
  expect(backportsStanza(parseSourcesList('deb cdrom:[Debian] bookworm main'), 'bookworm')).toBeUndefined();
});
