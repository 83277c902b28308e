/** Connects to the Redis of REDIS_URL as runs and workers do, and prints what it answers, or why it cannot. */
import { connect } from '../../../src/analysis/study/queue/connection.node.ts';

try {
  const connection = await connect(process.env.REDIS_URL ?? '');
  console.log(await connection.redis.ping());
  connection.close();
} catch (error) {
  console.log(error instanceof Error ? `${error.name}: ${error.message}` : error);
}
