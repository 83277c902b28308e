/** The class of the largest logit. */
export const likeliest = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));

/** More classes than these are not listed. */
const MOST = 10;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** What the network answers before and now: the likeliest classes of both, by the share that softmax gives them. */
export function Answers({ before, now }: { readonly before: Float32Array; readonly now: Float32Array }) {
  const [first, latest] = [softmax(before), softmax(now)];
  const all = Array.from(latest, (share, index) => ({ index, share, before: first[index] }));
  const rows =
    all.length <= MOST
      ? all
      : all.sort((a, b) => Math.max(b.share, b.before) - Math.max(a.share, a.before)).slice(0, MOST);
  return (
    <table class="bars">
      <caption>Answers, softmax of the logits</caption>
      <thead>
        <tr>
          <th scope="col">Class</th>
          <th scope="col" class="number">
            Before
          </th>
          <th scope="col" class="number">
            Now
          </th>
          <th scope="col" class="number">
            Logit
          </th>
          <td aria-hidden="true" />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.index}>
            <th scope="row">{row.index}</th>
            <td class="number">{percent(row.before)}</td>
            <td class="number">{percent(row.share)}</td>
            <td class="number">{now[row.index].toFixed(2)}</td>
            <td aria-hidden="true">
              <div class="bar" style={{ width: `${100 * row.before}%` }} />
              <div class="bar now" style={{ width: `${100 * row.share}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function softmax(logits: Float32Array): Float64Array {
  const top = Math.max(...logits);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - top));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
