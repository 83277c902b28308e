import {
  type Certificate,
  type Classifier,
  certifiedAccuracy,
  certify,
  predictSmoothed,
  type Samples,
} from '../../analysis/robustness/index.ts';

export interface CertificationSettings {
  readonly sigma: number;
  /** Noisy copies that choose the class to certify. */
  readonly n0: number;
  /** Noisy copies of each image, beside those. */
  readonly n: number;
  readonly alpha: number;
  readonly seed: number;
}

/** Shares of all images: those that the majority of noisy copies classifies rightly, and those on which it abstains. */
interface MajorityFigures {
  readonly accuracy: number;
  readonly abstained: number;
}

export interface Certification {
  readonly sigma: number;
  readonly n0: number;
  readonly n: number;
  readonly alpha: number;
  readonly certificates: readonly (Certificate & { readonly label: number })[];
  readonly certifiedAccuracy: readonly { readonly radius: number; readonly accuracy: number }[];
  readonly majority: { readonly clean: MajorityFigures; readonly adversarial: MajorityFigures };
}

/** Radii at which certified accuracy is told, in units of sigma. */
const RADII = [0, 0.5, 1, 1.5, 2];

/**
 * Certifies the clean images, and answers with a function that tells what the majority of noisy copies says of them and of adversarial
 * versions of them.
 * @param undefended the model without the noise
 */
export async function certifier(
  undefended: Classifier,
  { images, labels }: Samples,
  settings: CertificationSettings,
): Promise<(adversarial: Float32Array) => Promise<Certification>> {
  const { sigma, n0, n, alpha } = settings;
  const found = await certify(undefended, images, settings);
  const certificates = found.map((each, i) => ({ label: labels[i], ...each }));
  const figures = async (shown: Float32Array): Promise<MajorityFigures> => {
    const predictions = await predictSmoothed(undefended, shown, settings);
    const share = (test: (said: number | null, i: number) => boolean) =>
      predictions.filter(test).length / predictions.length;
    return { accuracy: share((said, i) => said === labels[i]), abstained: share((said) => said === null) };
  };
  const clean = await figures(images);
  const radii = RADII.map((radius) => radius * sigma);
  const shared = { sigma, n0, n, alpha, certificates, certifiedAccuracy: certifiedAccuracy(certificates, radii) };
  return async (adversarial) => ({ ...shared, majority: { clean, adversarial: await figures(adversarial) } });
}

/** Names and values for the table of `outlast attack`. */
export function describeCertification({
  n,
  alpha,
  certifiedAccuracy: byRadius,
  majority: { clean, adversarial },
}: Certification): [string, string][] {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const said = ({ accuracy, abstained }: MajorityFigures) => `${percent(accuracy)}, abstains ${percent(abstained)}`;
  return [
    [`majority of ${n}, clean`, said(clean)],
    [`majority of ${n}, attacked`, said(adversarial)],
    ...byRadius.map(({ radius, accuracy }): [string, string] => [
      `certified within L2 ${Number(radius.toPrecision(3))}`,
      `${percent(accuracy)}${radius === 0 ? `, each wrong at most ${alpha} of the time` : ''}`,
    ]),
  ];
}
