import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { type Connection, connect } from '../../../../src/analysis/study/queue/connection.node.ts';
import { PREFIX, queueName } from '../../../../src/analysis/study/queue/job.ts';
import {
  artefactIn,
  artefactOf,
  MOST_CHARACTERS,
  outcomeOf,
  trialJobOf,
} from '../../../../src/analysis/study/queue/jobSchema.ts';
import { planTrials } from '../../../../src/analysis/study/run/run.ts';
import { trialIdentity } from '../../../../src/analysis/study/trial/identity.ts';
import type { Trial } from '../../../../src/analysis/study/trial/trial.ts';
import { studyOf, until, work } from '../../../support/fakeQueue.ts';
import { type RedisServer, startRedis } from '../../../support/redisServer.ts';

/** Studies whose trials differ in networks, formats, defences and attacks. */
const STUDIES = ['studies/quickstart.yaml', 'studies/precision.yaml', 'studies/noise.yaml', 'test/fixtures/study.yaml'];

/** A training and an attack on it, as a run queues them. */
const jobs = async () =>
  (await planTrials(studyOf(1).study)).map((planned) => ({ ...planned, label: planned.trial.kind }));

/** The same with something of the trial changed, under the identity that it then has. */
async function changed(change: (trial: Trial) => object) {
  const [, attack] = await jobs();
  const trial = { ...attack.trial, ...change(attack.trial) } as Trial;
  const trainId = trial.kind === 'attack' ? await trialIdentity(trial.train) : null;
  return { ...attack, trial, id: await trialIdentity(trial), trainId };
}

describe('trialJobOf', () => {
  test.each(STUDIES)('takes trials of %s', async (name) => {
    const { study } = parseStudy(readFileSync(name, 'utf8'), name);
    const planned = await planTrials(study);
    // One of a hundred is enough of those that differ in a strength or a seed.
    const some = planned.filter((_, i) => i % Math.ceil(planned.length / 100) === 0);
    for (const { id, trial, trainId } of some) {
      const job = JSON.parse(JSON.stringify({ id, trial, trainId, label: 'one' }));
      expect((await trialJobOf(job)).id).toBe(id);
    }
  });

  test('takes trials by a protocol, whose attacks have no strength', async () => {
    const text = `${readFileSync('test/fixtures/study.yaml', 'utf8')}\nprotocol: { name: attackbench, passes: 50 }\n`;
    const planned = await planTrials(parseStudy(text, 'a study').study);
    const { id, trial, trainId } = planned[planned.length - 1];
    const job = JSON.parse(JSON.stringify({ id, trial, trainId, label: 'one' }));
    expect((await trialJobOf(job)).trial).toMatchObject({ protocol: { name: 'attackbench', passes: 50 } });
    const other = { ...job, trial: { ...trial, protocol: { name: 'attackbench', passes: 0 } } };
    await expect(trialJobOf(other)).rejects.toThrow('no trial: trial.protocol.passes:');
  });

  test('refuses what is no trial', async () => {
    const [training, attack] = await jobs();
    const refused: [value: unknown, message: string][] = [
      [null, 'what lies in Redis is no trial: Invalid input: expected object'],
      [{ ...training, command: 'rm' }, 'Unrecognized key: "command"'],
      [{ ...training, id: '../../home' }, 'no trial: id:'],
      [{ ...attack, trainId: '../x' }, 'no trial: trainId:'],
      [{ ...training, id: attack.id }, `its identity is not ${attack.id}`],
      [{ ...attack, trainId: attack.id }, `its identity is not ${attack.id}`],
      [{ ...training, label: 'x'.repeat(MOST_CHARACTERS) }, `it has more than ${MOST_CHARACTERS} characters`],
      [await changed(() => ({ attack: { name: 'shell', command: 'rm' } })), 'no trial: trial.attack.name:'],
      [await changed(() => ({ attack: { name: 'fgm', norm: 'inf', eps: -1 } })), 'trial.attack: fgm: eps is -1'],
      [await changed(() => ({ defence: { name: 'none', path: '/etc' } })), 'defence.path: is no parameter of none'],
      [await changed(() => ({ samples: 1e12 + 0.5 })), 'no trial: trial.samples:'],
      [await changed(() => ({ run: 'this' })), 'Unrecognized key: "run"'],
    ];
    for (const [value, message] of refused) await expect(trialJobOf(value), message).rejects.toThrow(message);
  });
});

test('lists of files name files beside each other, and no key that is not one of files', () => {
  const files = [{ name: 'trial.json', bytes: 3, sha256: '0'.repeat(64) }];
  const key = 'outlast:files:123e4567-e89b-12d3-a456-426614174000';
  const artefact = { key, files };
  const outcome = { artefact, seconds: 1, worker: 'w/1' };
  expect([artefactOf(artefact), outcomeOf(outcome), artefactIn(outcome)]).toEqual([artefact, outcome, artefact]);
  expect(() => artefactOf({ key: 'outlast:producers', files })).toThrow('no list of files: key:');
  for (const name of ['../a', '/etc/passwd', '.hidden', 'a/b', ''])
    expect(() => artefactOf({ key, files: [{ ...files[0], name }] })).toThrow('no list of files: files.0.name:');
  expect(() => artefactOf({ key, files: [{ ...files[0], bytes: 1e12 }] })).toThrow('no list of files: files.0.bytes:');
  expect(() => outcomeOf({ ...outcome, seconds: Number.NaN })).toThrow('no result of a trial: seconds:');
  expect([artefactIn(null), artefactIn({ artefact: { key: 'x', files } })]).toEqual([undefined, undefined]);
});

describe('a worker', () => {
  let server: RedisServer;
  let connection: Connection;
  let scratch: string;
  beforeAll(async () => {
    server = await startRedis();
    connection = await connect(server.url);
    scratch = mkdtempSync(join(tmpdir(), 'outlast-hostile-'));
  });
  afterAll(async () => {
    connection?.close();
    await server?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  test('refuses jobs that are no trials in a line each, touches no file that they name, and goes on', async () => {
    const precious = join(scratch, 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'data'), 'mine');
    const [training] = await jobs();
    const queue = new Queue(queueName('test'), { connection: connection.redis, prefix: PREFIX });
    // As a folder's name this leads out of the worker's own, to what the folder of a trial would be emptied for.
    await queue.add('trial', { ...training, id: 'x/../../precious' }, { jobId: 'hostile-1', attempts: 3 });
    await queue.add('trial', { shell: 'rm -rf /' }, { jobId: 'hostile-2', attempts: 3 });
    await queue.add('trial', training, { jobId: 'honest' });
    const worker = work(connection, scratch);
    await until(() => worker.events.some(({ type }) => type === 'finished'));
    worker.stop();
    await worker.ended;
    const told = worker.events.filter(({ type }) => type === 'failed');
    expect(told.map((event) => 'label' in event && event.label)).toEqual(['job hostile-1', 'job hostile-2']);
    for (const event of told)
      expect(event).toMatchObject({
        again: false,
        message: expect.stringMatching(/^what lies in Redis is no trial: .*$/),
      });
    expect(existsSync(join(precious, 'data'))).toBe(true);
    expect(await queue.getFailedCount()).toBe(2);
  });
});
