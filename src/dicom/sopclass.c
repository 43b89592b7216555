/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Storage SOP classes and transfer syntaxes.  The rule: both tables are in strcmp order of their UIDs, because they are
 * searched by halving.
 *
 * Measured with libdcmtk 3.6.7 (dcmSOPClassUIDToModality, dcmLongSCUStorageSOPClassUIDs); classes that it does not know
 * carry the prefix of the current DCMTK sources.  What getscu proposes is the same in all of them.  getscu and storescp
 * write "UNKNOWN" where we say "UN". */
#include "dicom/sopclass.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct storage_class {
	const char *uid;
	const char *prefix;
	const char *name;
	bool in_getscu;
};

static const struct storage_class classes[] = {
	{ "1.2.840.10008.5.1.1.27", "SP", "StoredPrintStorage", true },
	{ "1.2.840.10008.5.1.1.29", "HG", "HardcopyGrayscaleImageStorage", true },
	{ "1.2.840.10008.5.1.1.30", "HC", "HardcopyColorImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.1", "CR", "ComputedRadiographyImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.1.1", "DX", "DigitalXRayImageStorageForPresentation", true },
	{ "1.2.840.10008.5.1.4.1.1.1.1.1", "DP", "DigitalXRayImageStorageForProcessing", true },
	{ "1.2.840.10008.5.1.4.1.1.1.2", "DXm", "DigitalMammographyXRayImageStorageForPresentation", true },
	{ "1.2.840.10008.5.1.4.1.1.1.2.1", "DPm", "DigitalMammographyXRayImageStorageForProcessing", true },
	{ "1.2.840.10008.5.1.4.1.1.1.3", "DXo", "DigitalIntraOralXRayImageStorageForPresentation", true },
	{ "1.2.840.10008.5.1.4.1.1.1.3.1", "DPo", "DigitalIntraOralXRayImageStorageForProcessing", true },
	{ "1.2.840.10008.5.1.4.1.1.10", "ML", "StandaloneModalityLUTStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.104.1", "PDF", "EncapsulatedPDFStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.104.2", "CDA", "EncapsulatedCDAStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.104.3", "STL", "EncapsulatedSTLStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.104.4", "OBJ", "EncapsulatedOBJStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.104.5", "MTL", "EncapsulatedMTLStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.11", "VO", "StandaloneVOILUTStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.11.1", "PSg", "GrayscaleSoftcopyPresentationStateStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.11.10", "VPs", "SegmentedVolumeRenderingVolumetricPresentationStateStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.11.11", "VPm", "MultipleVolumeRenderingVolumetricPresentationStateStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.11.12", "PSv", "VariableModalityLUTSoftcopyPresentationStateStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.11.2", "PSc", "ColorSoftcopyPresentationStateStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.11.3", "PSp", "PseudoColorSoftcopyPresentationStateStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.11.4", "PSb", "BlendingSoftcopyPresentationStateStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.11.5", "PSx", "XAXRFGrayscaleSoftcopyPresentationStateStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.11.6", "VPg", "GrayscalePlanarMPRVolumetricPresentationStateStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.11.7", "VPc", "CompositingPlanarMPRVolumetricPresentationStateStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.11.8", "PSa", "AdvancedBlendingPresentationStateStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.11.9", "VPv", "VolumeRenderingVolumetricPresentationStateStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.12.1", "XA", "XRayAngiographicImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.12.1.1", "XAe", "EnhancedXAImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.12.2", "RF", "XRayRadiofluoroscopicImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.12.2.1", "RFe", "EnhancedXRFImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.12.3", "XB", "XRayAngiographicBiPlaneImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.128", "PI", "PositronEmissionTomographyImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.128.1", "PIl", "LegacyConvertedEnhancedPETImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.129", "PC", "StandalonePETCurveStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.13.1.1", "XA3", "XRay3DAngiographicImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.13.1.2", "XC3", "XRay3DCraniofacialImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.13.1.3", "BT", "BreastTomosynthesisImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.13.1.4", "BX", "BreastProjectionXRayImageStorageForPresentation", false },
	{ "1.2.840.10008.5.1.4.1.1.13.1.5", "BP", "BreastProjectionXRayImageStorageForProcessing", false },
	{ "1.2.840.10008.5.1.4.1.1.130", "PIe", "EnhancedPETImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.131", "SD", "BasicStructuredDisplayStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.14.1", "OCt", "IntravascularOpticalCoherenceTomographyImageStorageForPresentation", true },
	{ "1.2.840.10008.5.1.4.1.1.14.2", "OCp", "IntravascularOpticalCoherenceTomographyImageStorageForProcessing", true },
	{ "1.2.840.10008.5.1.4.1.1.2", "CT", "CTImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.2.1", "CTe", "EnhancedCTImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.2.2", "CTl", "LegacyConvertedEnhancedCTImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.20", "NM", "NuclearMedicineImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.200.1", "PPcd", "CTDefinedProcedureProtocolStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.200.2", "PPcp", "CTPerformedProcedureProtocolStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.200.3", "PAp", "ProtocolApprovalStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.200.7", "PPxd", "XADefinedProcedureProtocolStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.200.8", "PPxp", "XAPerformedProcedureProtocolStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.201.1", "INV", "InventoryStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.3", "USf", "UltrasoundMultiframeImageStorageRetired", true },
	{ "1.2.840.10008.5.1.4.1.1.3.1", "USm", "UltrasoundMultiframeImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.30", "PM", "ParametricMapStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.4", "MR", "MRImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.4.1", "MRe", "EnhancedMRImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.4.2", "MRs", "MRSpectroscopyStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.4.3", "MRc", "EnhancedMRColorImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.4.4", "MRl", "LegacyConvertedEnhancedMRImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.481.1", "RI", "RTImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.481.10", "RIp", "RTPhysicianIntentStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.11", "RAs", "RTSegmentAnnotationStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.12", "RSe", "RTRadiationSetStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.13", "Rca", "CArmPhotonElectronRadiationStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.14", "Rto", "TomotherapeuticRadiationStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.15", "Rra", "RoboticArmRadiationStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.16", "RSr", "RTRadiationRecordSetStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.17", "RRs", "RTRadiationSalvageRecordStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.18", "RRt", "TomotherapeuticRadiationRecordStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.19", "RRc", "CArmPhotonElectronRadiationRecordStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.2", "RD", "RTDoseStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.481.20", "RRr", "RoboticRadiationRecordStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.21", "RSd", "RTRadiationSetDeliveryInstructionStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.22", "RTp", "RTTreatmentPreparationStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.23", "RIe", "EnhancedRTImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.24", "RIc", "EnhancedContinuousRTImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.25", "RPp", "RTPatientPositionAcquisitionInstructionStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.481.3", "RS", "RTStructureSetStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.481.4", "RTb", "RTBeamsTreatmentRecordStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.481.5", "RP", "RTPlanStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.481.6", "RTr", "RTBrachyTreatmentRecordStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.481.7", "RTs", "RTTreatmentSummaryRecordStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.481.8", "RPi", "RTIonPlanStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.481.9", "RTi", "RTIonBeamsTreatmentRecordStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.5", "NMr", "NuclearMedicineImageStorageRetired", true },
	{ "1.2.840.10008.5.1.4.1.1.501.1", "CTs", "DICOSCTImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.501.2.1", "DXs", "DICOSDigitalXRayImageStorageForPresentation", false },
	{ "1.2.840.10008.5.1.4.1.1.501.2.2", "DPs", "DICOSDigitalXRayImageStorageForProcessing", false },
	{ "1.2.840.10008.5.1.4.1.1.501.3", "TDR", "DICOSThreatDetectionReportStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.501.4", "AI2", "DICOS2DAITStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.501.5", "AI3", "DICOS3DAITStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.501.6", "QR", "DICOSQuadrupoleResonanceStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.6", "USr", "UltrasoundImageStorageRetired", true },
	{ "1.2.840.10008.5.1.4.1.1.6.1", "US", "UltrasoundImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.6.2", "USe", "EnhancedUSVolumeStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.6.3", "PA", "PhotoacousticImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.601.1", "EC", "DICONDEEddyCurrentImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.601.2", "ECm", "DICONDEEddyCurrentMultiframeImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.601.3", "TG", "DICONDEThermographyImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.601.4", "TGm", "DICONDEThermographyMultiFrameImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.601.5", "UW", "DICONDEUltrasoundWaveformStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.66", "RAW", "RawDataStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.66.1", "RGs", "SpatialRegistrationStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.66.2", "FID", "SpatialFiducialsStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.66.3", "RGd", "DeformableSpatialRegistrationStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.66.4", "SG", "SegmentationStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.66.5", "SGs", "SurfaceSegmentationStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.66.6", "TR", "TractographyResultsStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.66.7", "SGl", "LabelMapSegmentationStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.66.8", "SGh", "HeightMapSegmentationStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.67", "RWM", "RealWorldValueMappingStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.68.1", "SSm", "SurfaceScanMeshStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.68.2", "SSp", "SurfaceScanPointCloudStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.7", "SC", "SecondaryCaptureImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.7.1", "SCs", "MultiframeSingleBitSecondaryCaptureImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.7.2", "SCb", "MultiframeGrayscaleByteSecondaryCaptureImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.7.3", "SCw", "MultiframeGrayscaleWordSecondaryCaptureImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.7.4", "SCc", "MultiframeTrueColorSecondaryCaptureImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1", "VLr", "VLImageStorageTrial", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.1", "VLe", "VLEndoscopicImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.1.1", "VVe", "VideoEndoscopicImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.2", "VLm", "VLMicroscopicImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.2.1", "VVm", "VideoMicroscopicImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.3", "VLs", "VLSlideCoordinatesMicroscopicImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.4", "VLp", "VLPhotographicImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.4.1", "VVp", "VideoPhotographicImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.5.1", "OPb", "OphthalmicPhotography8BitImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.5.2", "OPw", "OphthalmicPhotography16BitImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.5.3", "OPr", "StereometricRelationshipStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.5.4", "OPt", "OphthalmicTomographyImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.5.5", "OWs", "WideFieldOphthalmicPhotographyStereographicProjectionImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.77.1.5.6", "OW3", "WideFieldOphthalmicPhotography3DCoordinatesImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.77.1.5.7", "OCe", "OphthalmicOpticalCoherenceTomographyEnFaceImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.77.1.5.8", "OCb", "OphthalmicOpticalCoherenceTomographyBscanVolumeAnalysisStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.77.1.6", "VLw", "VLWholeSlideMicroscopyImageStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.77.1.7", "VLd", "DermoscopicPhotographyImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.77.1.8", "CFm", "ConfocalMicroscopyImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.77.1.9", "CFt", "ConfocalMicroscopyTiledPyramidalImageStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.77.2", "VMr", "VLMultiframeImageStorageTrial", true },
	{ "1.2.840.10008.5.1.4.1.1.78.1", "OPl", "LensometryMeasurementsStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.78.2", "OPa", "AutorefractionMeasurementsStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.78.3", "OPk", "KeratometryMeasurementsStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.78.4", "OPs", "SubjectiveRefractionMeasurementsStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.78.5", "OPv", "VisualAcuityMeasurementsStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.78.6", "SRs", "SpectaclePrescriptionReportStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.78.7", "OPx", "OphthalmicAxialMeasurementsStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.78.8", "OPc", "IntraocularLensCalculationsStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.79.1", "SRg", "MacularGridThicknessAndVolumeReportStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.8", "OV", "StandaloneOverlayStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.80.1", "OPp", "OphthalmicVisualFieldStaticPerimetryMeasurementsStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.81.1", "OPm", "OphthalmicThicknessMapStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.82.1", "CM", "CornealTopographyMapStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.88.1", "SR_t", "SRTextStorageTrial", false },
	{ "1.2.840.10008.5.1.4.1.1.88.11", "SRt", "BasicTextSRStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.2", "SR_a", "SRAudioStorageTrial", false },
	{ "1.2.840.10008.5.1.4.1.1.88.22", "SRe", "EnhancedSRStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.3", "SR_d", "SRDetailStorageTrial", false },
	{ "1.2.840.10008.5.1.4.1.1.88.33", "SRc", "ComprehensiveSRStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.34", "SR3", "Comprehensive3DSRStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.35", "SRx", "ExtensibleSRStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.88.4", "SR_c", "SRComprehensiveStorageTrial", false },
	{ "1.2.840.10008.5.1.4.1.1.88.40", "SRp", "ProcedureLogStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.50", "SRm", "MammographyCADSRStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.59", "KO", "KeyObjectSelectionDocumentStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.65", "SRh", "ChestCADSRStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.67", "SRd", "XRayRadiationDoseSRStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.68", "SRr", "RadiopharmaceuticalRadiationDoseSRStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.88.69", "SRo", "ColonCADSRStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.70", "SRi", "ImplantationPlanSRStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.88.71", "SRa", "AcquisitionContextSRStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.88.72", "SRu", "SimplifiedAdultEchoSRStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.88.73", "SRq", "PatientRadiationDoseSRStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.88.74", "SRj", "PlannedImagingAgentAdministrationSRStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.88.75", "SRi", "PerformedImagingAgentAdministrationSRStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.88.76", "SRde", "EnhancedXRayRadiationDoseSRStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.88.77", "SRw", "WaveformAnnotationSRStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.9", "CV", "StandaloneCurveStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.9.1", "WV_d", "WaveformStorageTrial", false },
	{ "1.2.840.10008.5.1.4.1.1.9.1.1", "TLE", "TwelveLeadECGWaveformStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.9.1.2", "ECG", "GeneralECGWaveformStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.9.1.3", "ECA", "AmbulatoryECGWaveformStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.9.1.4", "ECGh", "General32BitECGWaveformStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.9.100.1", "PSw", "WaveformPresentationStateStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.9.100.2", "PSq", "WaveformAcquisitionPresentationStateStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.9.2.1", "WVh", "HemodynamicWaveformStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.9.3.1", "WVc", "CardiacElectrophysiologyWaveformStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.9.4.1", "AUV", "BasicVoiceAudioWaveformStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.9.4.2", "AUG", "GeneralAudioWaveformStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.9.5.1", "WVa", "ArterialPulseWaveformStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.9.6.1", "WVr", "RespiratoryWaveformStorage", true },
	{ "1.2.840.10008.5.1.4.1.1.9.6.2", "WVm", "MultichannelRespiratoryWaveformStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.9.7.1", "EEG", "RoutineScalpElectroencephalogramWaveformStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.9.7.2", "EMG", "ElectromyogramWaveformStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.9.7.3", "EOG", "ElectrooculogramWaveformStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.9.7.4", "WVs", "SleepElectroencephalogramWaveformStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.9.8.1", "WVb", "BodyPositionWaveformStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.90.1", "AS", "ContentAssessmentResultsStorage", false },
	{ "1.2.840.10008.5.1.4.1.1.91.1", "MAs", "MicroscopyBulkSimpleAnnotationsStorage", false },
	{ "1.2.840.10008.5.1.4.34.1", "RB_d", "RTBeamsDeliveryInstructionStorageTrial", false },
	{ "1.2.840.10008.5.1.4.34.10", "RTa", "RTBrachyApplicationSetupDeliveryInstructionStorage", false },
	{ "1.2.840.10008.5.1.4.34.7", "RTd", "RTBeamsDeliveryInstructionStorage", true },
	{ "1.2.840.10008.5.1.4.38.1", "HP", "HangingProtocolStorage", false },
	{ "1.2.840.10008.5.1.4.39.1", "CP", "ColorPaletteStorage", false },
	{ "1.2.840.10008.5.1.4.43.1", "IT", "GenericImplantTemplateStorage", false },
	{ "1.2.840.10008.5.1.4.44.1", "ITa", "ImplantAssemblyTemplateStorage", false },
	{ "1.2.840.10008.5.1.4.45.1", "ITg", "ImplantTemplateGroupStorage", false },
};

struct transfer_syntax {
	const char *uid;
	const char *name;
	bool compressed;
};

static const struct transfer_syntax syntaxes[] = {
	{ "1.2.840.10008.1.2", "implicit VR little endian", false },
	{ "1.2.840.10008.1.2.1", "explicit VR little endian", false },
	{ "1.2.840.10008.1.2.1.98", "encapsulated uncompressed explicit VR little endian", true },
	{ "1.2.840.10008.1.2.1.99", "deflated explicit VR little endian", true },
	{ "1.2.840.10008.1.2.2", "explicit VR big endian", false },
	{ "1.2.840.10008.1.2.4.100", "MPEG-2 main level", true },
	{ "1.2.840.10008.1.2.4.100.1", "MPEG-2 main level, fragmentable", true },
	{ "1.2.840.10008.1.2.4.101", "MPEG-2 high level", true },
	{ "1.2.840.10008.1.2.4.101.1", "MPEG-2 high level, fragmentable", true },
	{ "1.2.840.10008.1.2.4.102", "MPEG-4 level 4.1", true },
	{ "1.2.840.10008.1.2.4.102.1", "MPEG-4 level 4.1, fragmentable", true },
	{ "1.2.840.10008.1.2.4.103", "MPEG-4 level 4.1 for Blu-ray", true },
	{ "1.2.840.10008.1.2.4.103.1", "MPEG-4 level 4.1 for Blu-ray, fragmentable", true },
	{ "1.2.840.10008.1.2.4.104", "MPEG-4 level 4.2 for 2D video", true },
	{ "1.2.840.10008.1.2.4.104.1", "MPEG-4 level 4.2 for 2D video, fragmentable", true },
	{ "1.2.840.10008.1.2.4.105", "MPEG-4 level 4.2 for 3D video", true },
	{ "1.2.840.10008.1.2.4.105.1", "MPEG-4 level 4.2 for 3D video, fragmentable", true },
	{ "1.2.840.10008.1.2.4.106", "MPEG-4 stereo level 4.2", true },
	{ "1.2.840.10008.1.2.4.106.1", "MPEG-4 stereo level 4.2, fragmentable", true },
	{ "1.2.840.10008.1.2.4.107", "HEVC level 5.1", true },
	{ "1.2.840.10008.1.2.4.108", "HEVC 10 bit level 5.1", true },
	{ "1.2.840.10008.1.2.4.110", "JPEG XL lossless", true },
	{ "1.2.840.10008.1.2.4.111", "JPEG XL from JPEG", true },
	{ "1.2.840.10008.1.2.4.112", "JPEG XL", true },
	{ "1.2.840.10008.1.2.4.201", "HTJ2K lossless", true },
	{ "1.2.840.10008.1.2.4.202", "HTJ2K lossless RPCL", true },
	{ "1.2.840.10008.1.2.4.203", "HTJ2K", true },
	{ "1.2.840.10008.1.2.4.204", "JPIP HTJ2K referenced", false },
	{ "1.2.840.10008.1.2.4.205", "JPIP HTJ2K referenced, deflated", true },
	{ "1.2.840.10008.1.2.4.50", "JPEG baseline", true },
	{ "1.2.840.10008.1.2.4.51", "JPEG extended 12 bit", true },
	{ "1.2.840.10008.1.2.4.52", "JPEG process 3 and 5", true },
	{ "1.2.840.10008.1.2.4.53", "JPEG process 6 and 8", true },
	{ "1.2.840.10008.1.2.4.54", "JPEG process 7 and 9", true },
	{ "1.2.840.10008.1.2.4.55", "JPEG process 10 and 12", true },
	{ "1.2.840.10008.1.2.4.56", "JPEG process 11 and 13", true },
	{ "1.2.840.10008.1.2.4.57", "JPEG lossless, process 14", true },
	{ "1.2.840.10008.1.2.4.58", "JPEG lossless, process 15", true },
	{ "1.2.840.10008.1.2.4.59", "JPEG process 16 and 18", true },
	{ "1.2.840.10008.1.2.4.60", "JPEG process 17 and 19", true },
	{ "1.2.840.10008.1.2.4.61", "JPEG process 20 and 22", true },
	{ "1.2.840.10008.1.2.4.62", "JPEG process 21 and 23", true },
	{ "1.2.840.10008.1.2.4.63", "JPEG process 24 and 26", true },
	{ "1.2.840.10008.1.2.4.64", "JPEG process 25 and 27", true },
	{ "1.2.840.10008.1.2.4.65", "JPEG lossless, process 28", true },
	{ "1.2.840.10008.1.2.4.66", "JPEG lossless, process 29", true },
	{ "1.2.840.10008.1.2.4.70", "JPEG lossless", true },
	{ "1.2.840.10008.1.2.4.80", "JPEG-LS lossless", true },
	{ "1.2.840.10008.1.2.4.81", "JPEG-LS near-lossless", true },
	{ "1.2.840.10008.1.2.4.90", "JPEG 2000 lossless", true },
	{ "1.2.840.10008.1.2.4.91", "JPEG 2000", true },
	{ "1.2.840.10008.1.2.4.92", "JPEG 2000 part 2 lossless", true },
	{ "1.2.840.10008.1.2.4.93", "JPEG 2000 part 2", true },
	{ "1.2.840.10008.1.2.4.94", "JPIP referenced", false },
	{ "1.2.840.10008.1.2.4.95", "JPIP referenced, deflated", true },
	{ "1.2.840.10008.1.2.5", "RLE lossless", true },
	{ "1.2.840.10008.1.2.8.1", "deflated image frames", true },
	{ "1.2.840.113619.5.2", "implicit VR little endian, big endian pixels (GE private)", false },
};

static int compare_class(const void *uid, const void *row)
{
	const struct storage_class *class = row;

	return strcmp(uid, class->uid);
}

static int compare_syntax(const void *uid, const void *row)
{
	const struct transfer_syntax *syntax = row;

	return strcmp(uid, syntax->uid);
}

static const struct storage_class *find_class(const char *uid)
{
	return bsearch(uid, classes, countof(classes), sizeof classes[0], compare_class);
}

static const struct transfer_syntax *find_syntax(const char *uid)
{
	return bsearch(uid, syntaxes, countof(syntaxes), sizeof syntaxes[0], compare_syntax);
}

const char *sopclass_prefix(const char *uid)
{
	const struct storage_class *class = find_class(uid);

	return class ? class->prefix : "UN";
}

const char *sopclass_name(const char *uid)
{
	const struct storage_class *class = find_class(uid);

	return class ? class->name : uid;
}

bool sopclass_in_getscu(const char *uid)
{
	const struct storage_class *class = find_class(uid);

	return class && class->in_getscu;
}

const char *transfer_syntax_name(const char *uid)
{
	const struct transfer_syntax *syntax = find_syntax(uid);

	return syntax ? syntax->name : uid;
}

bool transfer_syntax_is_compressed(const char *uid)
{
	const struct transfer_syntax *syntax = find_syntax(uid);

	return syntax && syntax->compressed;
}
