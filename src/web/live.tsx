/** The figure of a guide that is computed on the reader's device. */
import { render } from 'preact';
import { BEGINNING } from './page/attackForm.tsx';
import { SHIPPED } from './page/networkChoice.tsx';
import { SurvivalOfMany } from './page/survivalOfMany.tsx';
import { WithoutWebGpu } from './page/withoutWebGpu.tsx';

/** The attack that the Lab begins with, on the network that comes with the page. */
const REQUEST = { network: SHIPPED[0].source, precision: 'f32', ...BEGINNING } as const;

render(
  navigator.gpu === undefined ? <WithoutWebGpu /> : <SurvivalOfMany request={REQUEST} />,
  document.getElementById('live')!,
);
