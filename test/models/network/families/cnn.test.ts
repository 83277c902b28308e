import { useDevice } from '../../../support/checkOp.ts';
import { compareWithPyTorch } from '../../../support/familyFixture.ts';

compareWithPyTorch(useDevice(), 'cnn');
