<?php
/**
 * Plugin Name: Lead Form
 * Description: The shortcode [lead_form form="…"] puts a form of your lead-proxy on a page.
 * Version: 0.1.0
 * Requires at least: 5.9
 * Requires PHP: 7.4
 * License: MIT OR Apache-2.0
 *
 * The plugin holds no key and sees no lead: it writes the element and the script tag, and the visitor's browser speaks to the
 * proxy. What an editor writes is held against a list, and escaped.
 */

defined( 'ABSPATH' ) || exit;

/** Each attribute of the shortcode: the element's own, and what its value looks like. */
const LEAD_FORM_ATTRIBUTES = array(
	'form'          => array( 'form', '/^[a-z0-9-]{1,64}$/' ),
	'mode'          => array( 'mode', '/^(inline|iframe)$/' ),
	'locale'        => array( 'locale', '/^[A-Za-z0-9-]{1,35}$/' ),
	'preset'        => array( 'preset', '/^[a-z]{1,32}$/' ),
	'density'       => array( 'density', '/^[a-z]{1,32}$/' ),
	'theme'         => array( 'data-theme', '/^(light|dark)$/' ),
	'font'          => array( 'font', '/^inherit$/' ),
	'as'            => array( 'as', '/^(popup|slider|button)$/' ),
	'label'         => array( 'label', '/^.{1,120}$/su' ),
	'prefill_query' => array( 'prefill-query', '/^(true|1|)$/' ),
	'prefill_token' => array( 'prefill-token', '/^[\w-]+\.[\w-]+\.[\w-]+$/' ),
	'draft'         => array( 'draft', '/^off$/' ),
	'data_layer'    => array( 'data-layer', '/^[A-Za-z_$][\w$]{0,63}$/' ),
	'link'          => array( 'link', '/^[\w-]+\.[\w-]+\.[\w-]+$/' ),
);

/** Tokens that may be set in the shortcode; a style sheet may set all of them. */
const LEAD_FORM_TOKENS = array( 'accent', 'accent_text', 'surface', 'field', 'text', 'muted', 'border', 'line', 'font_size', 'radius', 'button_radius', 'width', 'padding' );

/** No quote, colon, semicolon, slash or backslash: nothing that ends a declaration or fetches anything. */
const LEAD_FORM_TOKEN_VALUE = '/^[#\w\s.,%()-]{1,80}$/';

/** The address of the proxy without a slash at its end: the constant LEAD_FORM_PROXY, else the setting; empty for neither. */
function lead_form_proxy() {
	return lead_form_clean_proxy( defined( 'LEAD_FORM_PROXY' ) ? LEAD_FORM_PROXY : get_option( 'lead_form_proxy', '' ) );
}

/** An http(s) address, or nothing. */
function lead_form_clean_proxy( $address ) {
	return untrailingslashit( esc_url_raw( trim( (string) $address ), array( 'https', 'http' ) ) );
}

/** The element's attributes and style of what an editor has written, and what of it was left out. */
function lead_form_sort( array $given ) {
	$attributes = array();
	$style      = '';
	$problems   = array();
	foreach ( $given as $name => $value ) {
		// A word without a value has a number for its name: [lead_form form="callback" prefill_query].
		if ( is_int( $name ) ) {
			$name  = $value;
			$value = '';
		}
		list( $attribute, $pattern ) = LEAD_FORM_ATTRIBUTES[ $name ] ?? array( null, null );
		if ( $attribute && preg_match( $pattern, $value ) ) {
			$attributes[ $attribute ] = $value;
		} elseif ( in_array( $name, LEAD_FORM_TOKENS, true ) && preg_match( LEAD_FORM_TOKEN_VALUE, $value ) ) {
			$style .= '--lf-' . str_replace( '_', '-', $name ) . ':' . $value . ';';
		} else {
			$known      = $attribute || in_array( $name, LEAD_FORM_TOKENS, true );
			$problems[] = sprintf( $known ? '%s is "%s", which it can\'t be' : 'there is no %s (found "%s")', $name, $value );
		}
	}
	if ( ! isset( $attributes['form'] ) ) {
		$problems[] = 'it needs form="…", the id of a form';
	}
	if ( $style ) {
		$attributes['style'] = $style;
	}
	return array( $attributes, $problems );
}

/** What is wrong, for those who can mend it; nothing for visitors. */
function lead_form_tell( array $problems ) {
	if ( ! $problems || ! current_user_can( 'edit_posts' ) ) {
		return '';
	}
	return '<p role="note">[lead_form]: ' . esc_html( implode( '; ', $problems ) ) . '. Only you who can edit see this.</p>';
}

/** The shortcode. What it encloses is shown where everything else has failed. */
function lead_form_shortcode( $given, $content = '' ) {
	list( $attributes, $problems ) = lead_form_sort( array_filter( (array) $given, 'is_string' ) );
	$proxy = lead_form_proxy();
	if ( ! $proxy ) {
		$problems[] = 'set the address of your lead-proxy in Settings, Lead Form';
	}
	if ( ! $proxy || ! isset( $attributes['form'] ) ) {
		return lead_form_tell( $problems );
	}
	// The address as it stands: a query of WordPress' version would be asked of the proxy anew with each update.
	wp_enqueue_script( 'lead-form', $proxy . '/embed.js', array(), null, array( 'strategy' => 'async', 'in_footer' => true ) ); // phpcs:ignore WordPress.WP.EnqueuedResourceParameters.MissingVersion
	$tag = '<lead-form';
	foreach ( $attributes as $name => $value ) {
		$tag .= ' ' . $name . '="' . esc_attr( $value ) . '"';
	}
	return $tag . '>' . wp_kses_post( (string) $content ) . '</lead-form>' . lead_form_tell( $problems );
}
add_shortcode( 'lead_form', 'lead_form_shortcode' );

/** Before version 6.3 WordPress knows no strategy. */
function lead_form_async( $tag, $handle ) {
	$is_plain = 'lead-form' === $handle && ! preg_match( '/\s(async|defer)\b/', $tag );
	return $is_plain ? str_replace( '<script ', '<script async ', $tag ) : $tag;
}
add_filter( 'script_loader_tag', 'lead_form_async', 10, 2 );

/** The setting, where no constant says the address. */
function lead_form_register() {
	$how = array( 'type' => 'string', 'sanitize_callback' => 'lead_form_clean_proxy', 'default' => '' );
	register_setting( 'lead_form', 'lead_form_proxy', $how );
}
add_action( 'admin_init', 'lead_form_register' );

function lead_form_menu() {
	add_options_page( 'Lead Form', 'Lead Form', 'manage_options', 'lead-form', 'lead_form_settings_page' );
}
add_action( 'admin_menu', 'lead_form_menu' );

function lead_form_settings_page() {
	$is_fixed = defined( 'LEAD_FORM_PROXY' );
	echo '<div class="wrap"><h1>Lead Form</h1><form method="post" action="options.php">';
	settings_fields( 'lead_form' );
	printf(
		'<p><label>Address of your lead-proxy<br><input type="url" class="regular-text" name="lead_form_proxy" value="%s" placeholder="https://forms.example"%s></label></p>',
		esc_attr( lead_form_proxy() ),
		$is_fixed ? ' disabled' : ''
	);
	echo $is_fixed ? '<p>It is set by LEAD_FORM_PROXY in wp-config.php.</p>' : '';
	$is_fixed || submit_button();
	echo '</form></div>';
}
